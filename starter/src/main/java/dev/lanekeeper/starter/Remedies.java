package dev.lanekeeper.starter;

import dev.lanekeeper.files.Named;
import dev.lanekeeper.text.CommandName;
import dev.lanekeeper.verdict.RejectCode;
import dev.lanekeeper.verdict.Verdict;
import dev.lanekeeper.worker.Home;
import dev.lanekeeper.workflow.Hold;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** For each refusal the one command that a person types next. */
final class Remedies {

  private final Common common;
  private final Home home;
  private final Path folder;
  private final String lane;
  private final boolean asOwner;

  /**
   * Remedies for whoever typed a command.
   *
   * @param asOwner whether they may be the owner: nobody who asks under a grant that another gave,
   *     or as an agent, is told to issue one
   */
  Remedies(Common common, Home home, Path folder, String lane, boolean asOwner) {
    this.asOwner = asOwner;
    this.lane = lane;
    this.common = common;
    this.home = home;
    this.folder = folder;
  }

  /** What is typed next where nothing but the refusal is known. */
  String next(Verdict.Reject reject) {
    return next(reject, Optional.empty());
  }

  /**
   * What is typed next.
   *
   * @param report what tells of a refusal that no plan foresees
   */
  String next(Verdict.Reject reject, Optional<Path> report) {
    String run = Shell.lanekeeper(common.with(CommandName.RUN, folder.toString()));
    return switch (reject.code()) {
      case DOCUMENT_PRESENT, PATH_COLLISION, FOREIGN_FILE -> moveAway(reject) + run;
      case GRANT_MALFORMED,
          GRANT_FORGED,
          GRANT_PLAN_MISMATCH,
          GRANT_KB_MISMATCH,
          GRANT_ENVIRONMENT_MISMATCH,
          GRANT_DELEGATION_MISMATCH,
          GRANT_SCOPE_MISMATCH,
          GRANT_KEY_MISMATCH ->
          underGrant();
      case GRANT_MISSING, GRANT_EXPIRED, GRANT_CONSUMED, GRANT_REVOKED ->
          ownerIsHere() ? issue(common, folder.toString()) + " && " + run : underGrant();
      case REQUEST_UNPROVEN ->
          Shell.lanekeeper(
              common.with(CommandName.RUN, folder.toString(), "--agent-key", "AGENT.key"));
      case PIN_MISSING ->
          Named.isFolder(folder.resolve("kb"))
              ? Shell.lanekeeper(
                      common.with(CommandName.KB_IMPORT, folder.resolve("kb").toString()))
                  + " && "
                  + run
              : run;
      case APPROVAL_MISSING, APPROVAL_INVALID, APPROVAL_EXPIRED ->
          approve(common, folder.toString()) + " && " + run;
      case FROZEN -> Shell.lanekeeper(common.with(CommandName.UNFREEZE)) + " && " + run;
      case ROLLBACK_PENDING, ROLLBACK_STEP_FAILED -> rollback();
      default ->
          reject.code().holds()
              ? run
              : report
                  .map(file -> Shell.line(List.of("cat", file.toString())))
                  .orElse(Shell.lanekeeper(common.with(CommandName.PLAN, folder.toString())));
    };
  }

  /**
   * The same for a lane that is held on a server. Who looks at it there is whoever asked for it, or
   * anybody: a grant is the owner's to give, so no command here issues one.
   *
   * @param run the run's id
   */
  static String onServer(Common common, String run, Hold hold) {
    String resume =
        Shell.lanekeeper(CommandName.RESUME, run, "--hold", String.valueOf(hold.number()));
    return switch (hold.reject().code()) {
      case APPROVAL_MISSING, APPROVAL_INVALID, APPROVAL_EXPIRED -> approve(common, run);
      case FROZEN -> Shell.lanekeeper(common.with(CommandName.UNFREEZE, "--resume"));
      default -> resume;
    };
  }

  private String underGrant() {
    return Shell.lanekeeper(
        common.with(CommandName.RUN, folder.toString(), "--grant", "GRANT_FILE"));
  }

  private static String issue(Common common, String folder) {
    return Shell.lanekeeper(common.with(CommandName.GRANT_ISSUE, folder));
  }

  private static String approve(Common common, String what) {
    return Shell.lanekeeper(common.with(CommandName.APPROVE, what, "--key", "APPROVER.key"));
  }

  private boolean ownerIsHere() {
    try {
      return asOwner && new Authority(home).localOwnerKey().isPresent();
    } catch (IOException e) {
      return false;
    }
  }

  String rollback() {
    return Shell.lanekeeper(common.with(CommandName.ROLLBACK, lane));
  }

  /** Moves what is in the way out of the knowledge base, if it can be named. */
  private String moveAway(Verdict.Reject reject) {
    String name = reject.code() == RejectCode.PATH_COLLISION ? reject.actual() : reject.subject();
    Path inTheWay = home.documents().resolve(name);
    if (!Named.isThere(inTheWay)) {
      return "";
    }
    String away = home.folder().resolve("moved-away").toString();
    return Shell.line(List.of("mkdir", "-p", away))
        + " && "
        + Shell.line(List.of("mv", inTheWay.toString(), away + "/"))
        + " && ";
  }
}
