package dev.lanekeeper.hostile;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lanekeeper.evidence.FileTree;
import dev.lanekeeper.starter.Cli;
import dev.lanekeeper.starter.Embedded;
import dev.lanekeeper.testkit.TestLane;
import io.temporal.client.WorkflowStub;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A lane's files as other things than files, by the commands and by a worker's folder of lanes. */
@Timeout(value = 1, unit = TimeUnit.HOURS) // for the whole corpus; each answer has its own
class HostileLaneFilesTest {

  private static final String NAME = "handbook-release";
  private static final Path EXAMPLE = TestLane.ROOT.resolve("examples/" + NAME);

  @TempDir private Path folder;
  private Sandbox sandbox;
  private Path lanes;
  private Path lane;

  @BeforeEach
  void home() throws Exception {
    sandbox = new Sandbox(folder);
    lanes = sandbox.folder().resolve("lanes");
    lane = lanes.resolve(NAME);
    copy(lane);
    Path home = sandbox.home();
    done(Cli.run("kb", "create", "--environment", "handbook", "--home", home));
    done(Cli.run("kb", "import", EXAMPLE.resolve("kb"), "--home", home));
    done(Cli.run("grant", "issue", lane, "--home", home));
    sandbox.canaries().addKeys(home.resolve("keys"));
    Path other = Files.createDirectories(lanes.resolve("another-lane"));
    Files.writeString(other.resolve("lane.yaml"), "a: [CANARY-of-another-lane-0d44c7a1b2\n");
    sandbox.canaries().add("CANARY-of-another-lane-0d44c7a1b2");
  }

  private static void copy(Path to) throws IOException {
    FileTree.delete(to);
    for (Map.Entry<String, byte[]> file : FileTree.read(EXAMPLE).entrySet()) {
      Path target = to.resolve(file.getKey());
      Files.createDirectories(target.getParent());
      Files.write(target, file.getValue());
    }
  }

  private static void done(Cli command) {
    assertThat(command.exitCode()).as(command.out() + command.err()).isZero();
  }

  /** The files and folders of each sort that a lane names. */
  private static final List<String> PLACES =
      List.of(
          "lane.yaml",
          "documents",
          "documents/contents.md",
          "inputs/approval/editorial-minutes.md",
          "inputs/rollback-rehearsal",
          "inputs/rollback-rehearsal/frozen-evidence.json",
          "inputs/drill/drill-report.json");

  @Test
  void lane_withOtherThingsForFiles_isRefused_andNothingLeaks() throws Exception {
    int tried = 0;
    List<String> ends = new ArrayList<>();
    try (Embedded engine = new Embedded(sandbox.home(), lanes)) {
      for (String place : PLACES) {
        for (Map.Entry<String, Puts.Put> put :
            Puts.all(
                    sandbox.home().resolve("keys/owner.key"),
                    sandbox.folder().resolve("outside/secret.txt"))
                .entrySet()) {
          String what = place + " as " + put.getKey();
          copy(lane);
          FileTree.delete(lane.resolve(place));
          put.getValue().at(lane.resolve(place));
          tried++;
          int code = sandbox.run(what, "validate", lane).exitCode();
          assertThat(code).as(what).isIn(1, 2, 3);
          if (put.getKey().equals(Puts.SECRET) && !place.equals("lane.yaml")) {
            // Who can copy a secret into a lane has it; what is not parsed is not shown all the
            // same.
            continue;
          }
          if (HostileCorpus.whole() || tried % 5 == 0) {
            sandbox.run(what, "plan", lane, "--home", sandbox.home());
            Path home = sandbox.folder().resolve("home-2");
            Sandbox.soon(what, () -> Cli.run("run", lane, "--home", home));
            if (Files.exists(home)) {
              sandbox.canaries().absentBelow(home, home.resolve("keys"));
              FileTree.delete(home);
            }
          }
          if (HostileCorpus.whole() || tried % 4 == 0) {
            ends.add(requested(engine, what, "{\"lane\":\"" + NAME + "\"}"));
          }
        }
      }
      FileTree.delete(lane);
      for (Map.Entry<String, Puts.Put> put :
          Puts.all(
                  sandbox.home().resolve("keys/owner.key"),
                  sandbox.folder().resolve("outside/secret.txt"))
              .entrySet()) {
        put.getValue().at(lane);
        ends.add(
            requested(
                engine, "the lane's folder as " + put.getKey(), "{\"lane\":\"" + NAME + "\"}"));
        FileTree.delete(lane);
      }
      copy(lane);
      ends.add(requested(engine, "another lane's name", "{\"lane\":\"another-lane\"}"));
      String whole = requested(engine, "the lane itself", "{\"lane\":\"" + NAME + "\"}");
      assertThat(whole).as("after all of them the worker works").contains("APPLIED");
    }
    sandbox.canaries().absentBelow(sandbox.home(), sandbox.home().resolve("keys"));
    System.out.printf(
        "hostile files of lanes: %d tried, %d of them by a worker, which said %s%n",
        tried, ends.size(), ends.stream().map(e -> e.split(":")[0]).distinct().toList());
  }

  /** Asks a worker for a lane; what comes back is a code, and its history holds no secret. */
  private String requested(Embedded engine, String what, String request) throws Exception {
    WorkflowStub lane = engine.start(request);
    String end = Sandbox.soon(what, () -> engine.end(lane));
    sandbox.canaries().absentIn("the history of " + what, engine.history(lane));
    sandbox.canaries().absentIn(what, end);
    for (String java : List.of("Exception", "java.", "com.fasterxml")) {
      assertThat(end).as(what).doesNotContain(java);
    }
    if (end.startsWith("HELD")) {
      lane.terminate("the test has seen it");
    }
    return end;
  }
}
