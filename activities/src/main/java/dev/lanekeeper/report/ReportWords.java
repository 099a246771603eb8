package dev.lanekeeper.report;

import dev.lanekeeper.lane.Lane;
import dev.lanekeeper.verdict.RejectCode;
import dev.lanekeeper.verdict.Verdict;
import dev.lanekeeper.workflow.LaneEnd;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Whether a lane's own words claim what only evidence can show: that it was applied, that its
 * review was independent, or how many of its things there are, where there are others. Words around
 * values are judged, values are not: they come from evidence.
 */
public final class ReportWords {

  /** A tag of a template; what stands in it comes from evidence. */
  private static final Pattern TAG = Pattern.compile("\\{\\{\\{?.*?\\}?\\}\\}", Pattern.DOTALL);

  private static final Pattern END =
      Pattern.compile(
          "\\b[A-Z0-9_]*("
              + String.join("|", Stream.of(LaneEnd.values()).map(LaneEnd::name).toList())
              + ")\\b|\\b(?:lane|plan|change|release|run) (?:was|is|has been) applied\\b");

  private static final Pattern INDEPENDENT =
      Pattern.compile(
          "\\bREVIEW_INDEPENDENT\\b"
              + "|\\b(?i:independently reviewed|reviewed independently"
              + "|review (?:is|was) independent|(?:was|were|been) reviewed by an independent)\\b");

  private static final String NUMBER =
      "\\d+|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve";

  private static final List<String> WORDS =
      List.of(
          "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
          "eleven", "twelve");

  private static final Pattern COUNT =
      Pattern.compile(
          "(?i)(?<![\\w§.-])("
              + NUMBER
              + ")(?:(?:/| of )("
              + NUMBER
              + "))?"
              + " (?:[a-z-]+ ){0,2}(documents?|probes?|surfaces?|review checks?|self-checks?"
              + "|blockers?|inputs?|pins?|reserved ids?)\\b");

  private ReportWords() {}

  /** The first claim that evidence cannot bear out, or pass. */
  public static Verdict judge(Lane lane) {
    List<String> texts = new ArrayList<>(List.of(lane.metadata().title()));
    lane.spec()
        .report()
        .ifPresent(
            report -> {
              texts.add(report.title());
              texts.add(report.summary());
              report.sections().forEach(s -> texts.addAll(List.of(s.heading(), s.body())));
            });
    return texts.stream()
        .map(text -> words(text, lane.spec()))
        .filter(verdict -> !verdict.passed())
        .findFirst()
        .orElse(Verdict.pass());
  }

  private static Verdict words(String template, Lane.Spec spec) {
    String text = TAG.matcher(template).replaceAll("\u2022").replaceAll("\\s+", " ");
    Matcher end = END.matcher(text);
    if (end.find()) {
      return claim("an end by reference, such as {{run.statusToken}}", end.group());
    }
    Matcher independent = INDEPENDENT.matcher(text);
    if (independent.find()
        && spec.review().checks().stream()
            .noneMatch(check -> check.check().equals("independent-reviewer"))) {
      return claim("{{post-execution-review.independence}}", independent.group());
    }
    Map<String, Integer> counts = counts(spec);
    Matcher count = COUNT.matcher(text);
    while (count.find()) {
      int found = counts.get(count.group(3).toLowerCase(Locale.ROOT).replaceAll("s$", ""));
      boolean holds =
          number(count.group(1)) == found
              && (count.group(2) == null || number(count.group(2)) == found);
      if (!holds) {
        return claim(found + " by reference", count.group());
      }
    }
    return Verdict.pass();
  }

  private static Verdict claim(String expected, String found) {
    return Verdict.reject(RejectCode.REPORT_OVERCLAIMS, "", expected, found);
  }

  private static int number(String text) {
    int word = WORDS.indexOf(text.toLowerCase(Locale.ROOT));
    return word >= 0 ? word : text.length() > 9 ? -1 : Integer.parseInt(text);
  }

  /** How many there are of what a report may count, by the lane itself. */
  private static Map<String, Integer> counts(Lane.Spec spec) {
    int ids = spec.reservations().stream().mapToInt(r -> r.range().size()).sum();
    int probes =
        Math.toIntExact(spec.probes().stream().filter(p -> p.role().equals("probe")).count());
    return Map.of(
        "document", spec.changes().size(),
        "probe", probes,
        "surface", spec.surfaces().forbidden().size(),
        "review check", spec.review().checks().size(),
        "self-check", spec.selfCheck().size(),
        "blocker", spec.blockers().size(),
        "input", spec.inputs().size(),
        "pin", spec.pins().size(),
        "reserved id", ids);
  }
}
