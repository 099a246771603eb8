package dev.lanekeeper.lane;

import java.util.List;
import java.util.stream.Collectors;

/** A lane file that cannot be read; the message holds a line a problem. */
public final class InvalidLaneException extends Exception {

  private static final long serialVersionUID = 1L;

  private final transient List<LaneProblem> problems;

  /** The problems, at least one. */
  public InvalidLaneException(List<LaneProblem> problems) {
    super(problems.stream().map(LaneProblem::render).collect(Collectors.joining("\n")));
    this.problems = List.copyOf(problems);
  }

  /** The problems in the order found. */
  public List<LaneProblem> problems() {
    return problems;
  }
}
