package dev.lanekeeper.review;

import com.fasterxml.jackson.databind.JsonNode;
import dev.lanekeeper.lane.Lane;
import dev.lanekeeper.verdict.RejectCode;
import dev.lanekeeper.verdict.Verdict;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The names in a lane's own report that lead into evidence from before anything is published. */
public final class ReportNames {

  /** A value or a section by its whole name, as in {@code {{preflight.inputs}}}. */
  private static final Pattern NAME =
      Pattern.compile("\\{\\{[#^&{]?\\s*([a-z][a-z-]*)((?:\\.[A-Za-z0-9_-]+)+)\\s*\\}\\}");

  private ReportNames() {}

  /**
   * Whether each of them leads somewhere. The rest shows when the report is written, in S7.
   *
   * @param files the evidence by its file name
   */
  public static Verdict beforePublishing(Lane.Spec spec, Function<String, JsonNode> files) {
    if (spec.report().isEmpty()) {
      return Verdict.pass();
    }
    StringBuilder text = new StringBuilder(spec.report().get().summary());
    spec.report().get().sections().forEach(section -> text.append('\n').append(section.body()));
    Matcher name = NAME.matcher(text);
    while (name.find()) {
      String file = name.group(1) + ".json";
      String pointer = name.group(2).replace('.', '/');
      if (SelfChecks.BEFORE_PUBLISHING.contains(file)
          && files.apply(file).at(pointer).isMissingNode()) {
        return Verdict.reject(
            RejectCode.REVIEW_CHECK_FAILED,
            "report",
            "a report whose every value is in evidence",
            name.group() + ", and " + file + " has nothing at " + pointer);
      }
    }
    return Verdict.pass();
  }
}
