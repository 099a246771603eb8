package dev.lanekeeper.starter;

import dev.lanekeeper.workflow.LaneEnd;

/** The exit codes of the command. */
final class ExitCode {

  static final int APPLIED = 0;
  static final int FAULT = 1;
  static final int USAGE = 2;
  static final int REJECTED = 3;
  static final int HELD = 4;
  static final int ROLLED_BACK = 5;
  static final int ROLLBACK_FAILED = 6;
  static final int CANCELED = 7;

  private ExitCode() {}

  static int of(LaneEnd end) {
    return switch (end) {
      case APPLIED -> APPLIED;
      case REJECTED -> REJECTED;
      case ROLLED_BACK -> ROLLED_BACK;
      case ROLLBACK_FAILED -> ROLLBACK_FAILED;
      case ABORTED, CANCELED -> CANCELED;
    };
  }
}
