package dev.lanekeeper.governance;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lanekeeper.canonical.Json;
import dev.lanekeeper.kb.Document;
import dev.lanekeeper.kb.KbReader;
import dev.lanekeeper.lane.KbPath;
import dev.lanekeeper.lane.Lane;
import dev.lanekeeper.scope.Effect;
import dev.lanekeeper.stage.Evidence;
import dev.lanekeeper.verdict.RejectCode;
import dev.lanekeeper.verdict.Verdict;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.text.Normalizer;
import java.util.ArrayList;
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

  /** A hyphen as people and word processors write it; {@link #text} has folded the others. */
  private static final String DASH = "[-\u2010-\u2015\u2212]";

  /** How texts write "to" between the ends of a range. */
  private static final String SPAN = "\\s*(\\.{2,3}|[-\u2010-\u2015\u2026]|to|through)\\s*";

  private static final Pattern UNSEEN = Pattern.compile("\\p{Cf}");

  private final Lane.Spec spec;
  private final Lane.Reservation reservation;
  private final Pattern ids;

  /** Checks of one reservation of a lane. */
  public Reservations(Lane.Spec spec, Lane.Reservation reservation) {
    this.spec = spec;
    this.reservation = reservation;
    String id =
        Stream.of(reservation.prefix().split("-", -1))
            .map(Pattern::quote)
            .collect(Collectors.joining(DASH));
    this.ids =
        Pattern.compile(
            "(?<![A-Za-z0-9-])" + id + NUMBER + "(?:" + SPAN + "(" + id + ")?" + NUMBER + ")?");
  }

  /**
   * What S6 says of the reservation when its addendum is published.
   *
   * @param collisions how many documents use the ids otherwise
   * @param unused whether none does
   */
  public ObjectNode json(int collisions, Verdict unused) {
    ObjectNode line = Json.object();
    line.put("range", reservation.range().toString()).put("size", reservation.range().size());
    line.put("ceiling", reservation.ceiling()).put("status", reservation.status());
    line.put("applyNow", reservation.applyNow()).put("addendum", reservation.addendum());
    line.put("collisions", collisions);
    line.setAll(Evidence.json(unused));
    return line;
  }

  /** The effect of reserving the ids. */
  public Effect effect() {
    return Effect.of("governance.id.reserve", "ids:" + reservation.range());
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
      Optional<String> text = document.map(Document::bytes).flatMap(Reservations::text);
      if (document.isPresent() && text.isEmpty()) {
        return unsearchable(pin.path());
      }
      OptionalInt highest =
          text.map(t -> mentions(t).mapToInt(Mention::to).max()).orElse(OptionalInt.empty());
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
    Optional<String> text = text(addendum);
    if (text.isEmpty()) {
      return new Verdict.Unknown(reservation.addendum() + " is no UTF-8 text");
    }
    List<String> lines = text.get().lines().toList();
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
    Use use = use(kb);
    if (!use.collisions().isEmpty()) {
      return Verdict.reject(
          RejectCode.ID_IN_USE,
          use.collisions().keySet().iterator().next(),
          "no document that uses " + reservation.range(),
          use.collisions().values().iterator().next().value());
    }
    return use.unsearchable().isEmpty() ? Verdict.pass() : unsearchable(use.unsearchable().get(0));
  }

  private Verdict unsearchable(KbPath path) {
    return new Verdict.Unknown(
        path + " cannot be searched for " + reservation.range() + ": it is no UTF-8 text");
  }

  /**
   * Where ids of the range are used.
   *
   * @param collisions the ids that documents other than the lane's own use, with one such document
   * @param unsearchable documents in which they could not be looked for
   */
  public record Use(Map<String, KbPath> collisions, List<KbPath> unsearchable) {}

  /** Looks for the ids of the range in every document but the lane's own. */
  public Use use(KbReader kb) throws IOException {
    Set<KbPath> own = spec.changes().stream().map(Lane.Change::path).collect(Collectors.toSet());
    Map<String, KbPath> found = new TreeMap<>();
    List<KbPath> unsearchable = new ArrayList<>();
    for (KbPath path : kb.inventory().heads().keySet()) {
      if (own.contains(path)) {
        continue;
      }
      // One that is gone since uses nothing.
      Optional<Document> document = kb.read(path);
      Optional<String> text = document.map(Document::bytes).flatMap(Reservations::text);
      text.ifPresent(
          t ->
              mentions(t)
                  .flatMapToInt(m -> m.within(reservation.from(), reservation.to()))
                  .forEach(n -> found.putIfAbsent(reservation.prefix() + n, path)));
      if (document.isPresent() && text.isEmpty()) {
        unsearchable.add(path);
      }
    }
    return new Use(found, unsearchable);
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

  /**
   * The text of a document in compatibility form (Unicode NFKC) without characters that nobody
   * sees; empty when it is no UTF-8 text, or holds the NULs of another encoding.
   */
  private static Optional<String> text(byte[] bytes) {
    try {
      String text =
          StandardCharsets.UTF_8
              .newDecoder()
              .onMalformedInput(CodingErrorAction.REPORT)
              .onUnmappableCharacter(CodingErrorAction.REPORT)
              .decode(ByteBuffer.wrap(bytes))
              .toString();
      return text.indexOf('\0') >= 0
          ? Optional.empty()
          : Optional.of(
              UNSEEN.matcher(Normalizer.normalize(text, Normalizer.Form.NFKC)).replaceAll(""));
    } catch (CharacterCodingException e) {
      return Optional.empty();
    }
  }
}
