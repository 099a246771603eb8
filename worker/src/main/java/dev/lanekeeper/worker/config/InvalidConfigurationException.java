package dev.lanekeeper.worker.config;

import java.util.List;
import java.util.stream.Collectors;

/** A configuration with which no worker may start. */
public final class InvalidConfigurationException extends Exception {

  private static final long serialVersionUID = 1L;

  private final transient List<ConfigurationProblem> problems;

  InvalidConfigurationException(List<ConfigurationProblem> problems) {
    super(
        problems.stream()
            .map(p -> p.subject() + ": expected " + p.expected() + ", found " + p.found())
            .collect(Collectors.joining("\n")));
    this.problems = List.copyOf(problems);
  }

  /** The problems, at least one, in the order found. */
  public List<ConfigurationProblem> problems() {
    return problems;
  }
}
