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
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Checks a reservation of governance ids against the documents themselves. */
public final class Reservations {

  private final Lane.Spec spec;
  private final Lane.Reservation reservation;
  private final Pattern ids;

  /** Checks of one reservation of a lane. */
  public Reservations(Lane.Spec spec, Lane.Reservation reservation) {
    this.spec = spec;
    this.reservation = reservation;
    this.ids =
        Pattern.compile(
            "(?<![A-Za-z0-9-])" + Pattern.quote(reservation.prefix()) + "([0-9]{1,9})(?![0-9])");
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
      OptionalInt highest = document.map(d -> numbers(d.bytes()).max()).orElse(OptionalInt.empty());
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
                      numbersIn(line).anyMatch(found -> found == id)
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
        numbers(kb.read(path).map(Document::bytes).orElse(new byte[0]))
            .filter(n -> n >= reservation.from() && n <= reservation.to())
            .forEach(n -> found.putIfAbsent(reservation.prefix() + n, path));
      }
    }
    return found;
  }

  private IntStream numbers(byte[] document) {
    return numbersIn(text(document));
  }

  private IntStream numbersIn(String text) {
    Matcher matcher = ids.matcher(text);
    return matcher.results().mapToInt(r -> Integer.parseInt(r.group(1)));
  }

  private static String text(byte[] bytes) {
    return new String(bytes, StandardCharsets.UTF_8);
  }
}
