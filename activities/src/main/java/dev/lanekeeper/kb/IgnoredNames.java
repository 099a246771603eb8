package dev.lanekeeper.kb;

import dev.lanekeeper.canonical.PlainText;
import java.util.List;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Names that are passed over wherever they are in the documents' folder, with all that is below
 * them: what people, editors and file systems leave behind. A document has no such name.
 *
 * @param patterns file names, sorted; {@code *} is any text and {@code ?} any character
 */
public record IgnoredNames(List<String> patterns) {

  /** What a knowledge base ignores of which nobody said anything else: ext4 puts it on a volume. */
  public static final IgnoredNames DEFAULT = new IgnoredNames(List.of("lost+found"));

  private static final int LONGEST = 100;
  private static final int MOST = 100;

  /**
   * Checks the patterns.
   *
   * @throws IllegalArgumentException when one is no pattern of a file name, or there are too many
   */
  public IgnoredNames {
    if (patterns.size() > MOST) {
      throw new IllegalArgumentException("expected at most " + MOST + " names to ignore");
    }
    patterns.forEach(IgnoredNames::require);
    patterns = List.copyOf(new TreeSet<>(patterns));
  }

  private static void require(String pattern) {
    boolean fits =
        pattern.length() <= LONGEST
            && !pattern.contains("/")
            && PlainText.visible(pattern, LONGEST).equals(pattern)
            && !pattern.replaceAll("[*?.]", "").isBlank();
    if (!fits) {
      throw new IllegalArgumentException(
          "expected a file name of at most "
              + LONGEST
              + " characters without '/', in which '*' is any text and '?' any character, found '"
              + PlainText.visible(pattern, LONGEST)
              + "'");
    }
  }

  /** Whether a name in the documents' folder, or a folder above it, is ignored. */
  public boolean cover(String name) {
    return covering().test(name);
  }

  /** The same question for many names. */
  Predicate<String> covering() {
    Pattern ignored =
        Pattern.compile(
            patterns.stream().map(IgnoredNames::regex).collect(Collectors.joining("|")),
            Pattern.DOTALL);
    return name ->
        Stream.of(name.split("/", -1)).anyMatch(segment -> ignored.matcher(segment).matches());
  }

  private static String regex(String pattern) {
    return pattern
        .chars()
        .mapToObj(c -> c == '*' ? ".*" : c == '?' ? "." : Pattern.quote(Character.toString(c)))
        .collect(Collectors.joining());
  }
}
