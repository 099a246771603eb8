package dev.lanekeeper.governance;

import dev.lanekeeper.kb.Document;
import dev.lanekeeper.kb.KbReader;
import dev.lanekeeper.lane.KbPath;
import dev.lanekeeper.lane.Lane;
import dev.lanekeeper.verdict.RejectCode;
import dev.lanekeeper.verdict.Verdict;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** Checks a reservation of governance ids against the documents themselves. */
public final class Reservations {

  private static final String NUMBER = "([0-9]{1,9})(?![0-9])";

  /** How texts write "to" between the ends of a range. */
  private static final String SPAN = "\\s*(\\.{2,3}|[-\u2010-\u2015\u2026]|to|through)\\s*";

  private final Lane.Spec spec;
  private final Lane.Reservation reservation;
  private final Pattern ids;

  /** Checks of one reservation of a lane. */
  public Reservations(Lane.Spec spec, Lane.Reservation reservation) {
    this.spec = spec;
    this.reservation = reservation;
    String id = Pattern.quote(reservation.prefix());
    this.ids =
        Pattern.compile(
            "(?<![A-Za-z0-9-])" + id + NUMBER + "(?:" + SPAN + "(" + id + ")?" + NUMBER + ")?");
  }

  /** Every id lies above the stated ceiling. */
  public Verdict aboveCeiling() {
    return reservation.from() > reservation.ceiling()
        ? Verdict.pass()
        : Verdict.reject(
            RejectCode.ID_AT_OR_BELOW_CEILING,
            reservation.prefix() + reservation.from(),
            "ids above " + reservation.prefix() + reservation.ceiling(),
            reservation.range().toString());
  }

  /** The highest id in the registry documents is the stated ceiling. */
  public Verdict ceilingIsTrue(KbReader kb) throws IOException {
    for (String registry : reservation.registries()) {
      Lane.Pin pin =
          spec.pins().stream().filter(p -> p.id().equals(registry)).findFirst().orElseThrow();
      Optional<Document> document = kb.read(pin.path());
      OptionalInt highest =
          document
              .map(d -> mentions(text(d.bytes())).mapToInt(Mention::to).max())
              .orElse(OptionalInt.empty());
      boolean above = highest.isPresent() && highest.getAsInt() > reservation.ceiling();
      boolean below =
          pin.path().value().endsWith(".json")
              && (highest.isEmpty() || highest.getAsInt() < reservation.ceiling());
      if (above || below) {
        return Verdict.reject(
            RejectCode.CEILING_MISMATCH,
            pin.path().value(),
            "highest id " + reservation.prefix() + reservation.ceiling(),
            highest.isPresent() ? reservation.prefix() + highest.getAsInt() : "no id");
      }
    }
    return Verdict.pass();
  }

  /** The addendum lists each id on a line of its own with the status and APPLY_NOW=NO. */
  public Verdict carriedBy(byte[] addendum) {
    List<String> lines = text(addendum).lines().toList();
    for (int n = reservation.from(); n <= reservation.to(); n++) {
      int id = n;
      boolean carried =
          lines.stream()
              .anyMatch(
                  line ->
                      mentions(line).anyMatch(found -> found.is(id))
                          && line.contains(reservation.status())
                          && line.contains("APPLY_NOW=NO"));
      if (!carried) {
        return Verdict.reject(
            RejectCode.RESERVATION_NOT_CARRIED,
            reservation.prefix() + id,
            "a line with the id, " + reservation.status() + " and APPLY_NOW=NO",
            "none in " + reservation.addendum());
      }
    }
    return Verdict.pass();
  }

  /** No document of another lane or author uses an id of the range. */
  public Verdict unused(KbReader kb) throws IOException {
    Map<String, KbPath> collisions = collisions(kb);
    return collisions.isEmpty()
        ? Verdict.pass()
        : Verdict.reject(
            RejectCode.ID_IN_USE,
            collisions.keySet().iterator().next(),
            "no document that uses " + reservation.range(),
            collisions.values().iterator().next().value());
  }

  /** The ids of the range that documents other than the lane's own use, with one such document. */
  public Map<String, KbPath> collisions(KbReader kb) throws IOException {
    Set<KbPath> own = spec.changes().stream().map(Lane.Change::path).collect(Collectors.toSet());
    Map<String, KbPath> found = new TreeMap<>();
    for (KbPath path : kb.inventory().heads().keySet()) {
      if (!own.contains(path)) {
        mentions(text(kb.read(path).map(Document::bytes).orElse(new byte[0])))
            .flatMapToInt(m -> m.within(reservation.from(), reservation.to()))
            .forEach(n -> found.putIfAbsent(reservation.prefix() + n, path));
      }
    }
    return found;
  }

  /** An id, or a range of ids, in a text. */
  private record Mention(int from, int to) {

    boolean is(int id) {
      return from == id && to == id;
    }

    IntStream within(int first, int last) {
      return IntStream.rangeClosed(Math.max(from, first), Math.min(to, last));
    }
  }

  /**
   * The ids that a text names. {@code PREFIX-430..470}, {@code PREFIX-430 to PREFIX-470} and the
   * like name a range; a hyphen does so only before a number of as many digits, for {@code
   * PREFIX-430-2026} is an id with a year.
   */
  private Stream<Mention> mentions(String text) {
    return ids.matcher(text).results().map(Reservations::mention);
  }

  private static Mention mention(MatchResult found) {
    int one = Integer.parseInt(found.group(1));
    boolean range =
        found.group(4) != null
            && (found.group(3) != null
                || !found.group(2).equals("-")
                || found.group(4).length() == found.group(1).length());
    int other = range ? Integer.parseInt(found.group(4)) : one;
    return new Mention(Math.min(one, other), Math.max(one, other));
  }

  private static String text(byte[] bytes) {
    return new String(bytes, StandardCharsets.UTF_8);
  }
}
