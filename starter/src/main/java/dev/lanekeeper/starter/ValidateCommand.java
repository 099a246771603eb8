package dev.lanekeeper.starter;

import dev.lanekeeper.evidence.Bundle;
import dev.lanekeeper.kb.RefusedException;
import dev.lanekeeper.lane.Lane;
import dev.lanekeeper.s0preflight.InputChecks;
import java.io.IOException;
import java.nio.file.Path;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** Checks a lane's folder without touching any home. */
@Command(
    name = "validate",
    description = "Check a lane's file, and every input that it pins, from bytes.")
final class ValidateCommand extends LaneCommand {

  @Parameters(paramLabel = "LANE_DIR", description = "The lane's folder.")
  private Path folder;

  @Override
  String subject() {
    return folder.toString();
  }

  @Override
  int perform() throws CommandFailure, IOException {
    Bundle bundle = bundle(folder);
    InputChecks checks = new InputChecks(bundle.files());
    for (Lane.Input input : bundle.plan().spec().inputs()) {
      RefusedException.unlessPassed(checks.verify(input).verdict());
      say("ok  " + input.id() + (input.fixture() ? " (FIXTURE)" : ""));
    }
    String name = bundle.plan().lane().metadata().name().value();
    say(
        "valid: lane "
            + name
            + ", "
            + bundle.files().size()
            + " files, plan digest "
            + bundle.plan().digest());
    if (common().json()) {
      out()
          .println(
              new Answer(name)
                  .put("status", "VALID")
                  .put("planDigest", bundle.plan().digest().hex())
                  .exit(0)
                  .text());
    }
    return 0;
  }
}
