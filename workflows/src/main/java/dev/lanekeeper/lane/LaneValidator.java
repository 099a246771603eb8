package dev.lanekeeper.lane;

import dev.lanekeeper.verdict.RejectCode;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What must be true of a lane file beyond its shape: names are unique, references lead somewhere.
 */
final class LaneValidator {

  /** The gates that this release knows; the version is part of the plan digest. */
  static final Set<String> GATES = Set.of("hardened-rollback/v1");

  /** The checks that a review can ask for. */
  static final Set<String> CHECKS =
      Set.of(
          "scope-intact",
          "surfaces-untouched",
          "gate-passed",
          "probes-fail-closed",
          "rollback-exists",
          "no-production-mutation",
          "pins-intact",
          "prior-verdicts-intact",
          "governance-correct",
          "no-overclaim",
          "independent-reviewer");

  /** The most problems that are told, and the most names among which one is to be chosen. */
  private static final int MOST_PROBLEMS = 100;

  private static final int SHOWN = 50;

  private static final Pattern TOKEN = Pattern.compile("[A-Z][A-Z0-9_]{2,199}");

  private final Lane.Spec spec;
  private final SourceTree source;
  private final List<LaneProblem> problems = new ArrayList<>();

  private LaneValidator(Lane lane, SourceTree source) {
    this.spec = lane.spec();
    this.source = source;
    require(
        lane.apiVersion().equals(Lane.API_VERSION),
        "apiVersion",
        Lane.API_VERSION,
        lane.apiVersion());
    require(lane.kind().equals("Lane"), "kind", "Lane", lane.kind());
    require(
        TOKEN.matcher(spec.statusToken()).matches(),
        "spec.statusToken",
        "upper-case letters, digits and underscores",
        spec.statusToken());
  }

  static List<LaneProblem> check(Lane lane, SourceTree source) {
    LaneValidator rules = new LaneValidator(lane, source);
    rules.names();
    rules.changes();
    rules.inputs();
    rules.surfaces();
    rules.probes();
    rules.references();
    return rules.problems;
  }

  private void names() {
    unique("spec.inputs", spec.inputs(), Lane.Input::id, "id");
    unique("spec.pins", spec.pins(), Lane.Pin::id, "id");
    unique("spec.pins", spec.pins(), pin -> pin.path().folded(), "path");
    require(
        !spec.delegation().chain().isEmpty(),
        "spec.delegation.chain",
        "the chain of actors, from the person down",
        "nobody");
    unique("spec.changes", spec.changes(), Lane.Change::id, "id");
    unique("spec.changes", spec.changes(), Lane.Change::rollbackId, "rollbackId");
    unique("spec.changes", spec.changes(), change -> change.path().folded(), "path");
    unique("spec.surfaces.forbidden", spec.surfaces().forbidden(), Lane.Forbidden::name, "name");
    unique("spec.surfaces.excluded", spec.surfaces().excluded(), Lane.Excluded::id, "id");
    unique("spec.probes", spec.probes(), Lane.Probe::id, "id");
    unique("spec.review.checks", spec.review().checks(), Lane.ReviewCheck::id, "id");
    unique("spec.blockers", spec.blockers(), Lane.Blocker::id, "id");
    unique("spec.openItems", spec.openItems(), Lane.OpenItem::id, "id");
    unique(
        "spec.gatesSatisfied", spec.gatesSatisfied(), Lane.SatisfiedGate::reference, "reference");
  }

  private void changes() {
    require(!spec.changes().isEmpty(), "spec.changes", "at least one change", "none");
    require(
        spec.changes().isEmpty()
            || spec.changes().stream().anyMatch(change -> change.stage() == Stage.S5),
        "spec.changes",
        "at least one change in stage S5",
        "none");
    each(
        "spec.changes",
        spec.changes(),
        (field, change) ->
            require(change.stage().publishes(), field + ".stage", "S5 or S6", change.stage() + ""));
    Set<String> pinned =
        spec.pins().stream().map(p -> p.path().folded()).collect(Collectors.toSet());
    each(
        "spec.changes",
        spec.changes(),
        (field, change) ->
            require(
                !pinned.contains(change.path().folded()),
                field + ".path",
                "a path that no pin holds fast",
                change.path() + ""));
    Map<String, String> spelled = new HashMap<>();
    each("spec.pins", spec.pins(), (field, pin) -> path(field, pin.path(), spelled));
    each("spec.changes", spec.changes(), (field, change) -> path(field, change.path(), spelled));
    each(
        "spec.pins",
        spec.pins(),
        (field, pin) -> {
          oneOf(field + ".over", pin.over(), Set.of("raw", "normalized-text"));
          pin.provenance().ifPresent(p -> oneOf(field + ".provenance", p, Set.of("fixture")));
        });
    each(
        "spec.reservations",
        spec.reservations(),
        (field, reservation) -> {
          require(
              spec.reservations().stream().filter(r -> overlap(r, reservation)).count() <= 1,
              field,
              "ids that no other reservation of the lane holds",
              reservation.prefix() + reservation.from() + ".." + reservation.to());
          oneOf(field + ".status", reservation.status(), Set.of("PROPOSED"));
          require(!reservation.applyNow(), field + ".applyNow", "false", "true");
          require(
              IdRange.fits(reservation.from(), reservation.to()),
              field + ".to",
              "from 0 upwards, to not below from, at most " + IdRange.MOST + " ids",
              reservation.from() + ".." + reservation.to());
        });
  }

  /**
   * No two paths need a document where the other needs a folder, or one folder spelled twice.
   *
   * @param spelled what the paths before need, by its folded form: a folder ends with a slash
   */
  private void path(String field, KbPath path, Map<String, String> spelled) {
    String value = path.value();
    if (value.equalsIgnoreCase(spelled.get(path.folded()))) {
      // One document twice is told otherwise.
      return;
    }
    for (int cut = value.indexOf('/'); cut >= 0; cut = value.indexOf('/', cut + 1)) {
      once(field, value.substring(0, cut), "/", spelled);
    }
    once(field, value, "", spelled);
  }

  private void once(String field, String value, String end, Map<String, String> spelled) {
    String before = spelled.putIfAbsent(new KbPath(value).folded(), value + end);
    require(
        before == null || before.equals(value + end),
        field + ".path",
        "a path that can be beside '" + before + "'",
        value + end);
  }

  private void inputs() {
    each(
        "spec.inputs",
        spec.inputs(),
        (field, input) -> {
          input.provenance().ifPresent(p -> oneOf(field + ".provenance", p, Set.of("fixture")));
          require(
              input.tree().isPresent() || !input.files().isEmpty(),
              field,
              "a tree or files",
              "neither");
          each(field + ".asserts", input.asserts(), this::assertion);
        });
  }

  private void assertion(String field, Lane.Assertion a) {
    oneOf(field + ".kind", a.kind(), Set.of("token", "json", "seal", "gate"));
    switch (a.kind()) {
      case "token" -> needs(field, "token", a.token());
      case "json" -> {
        needs(field, "file", a.file());
        needs(field, "pointer", a.pointer());
        needs(field, "equals", a.wanted());
        a.pointer()
            .ifPresent(p -> require(p.startsWith("/"), field + ".pointer", "a JSON pointer", p));
      }
      case "seal" -> {
        needs(field, "name", a.name());
        needs(field, "file", a.file());
        needs(field, "sha256", a.sha256());
      }
      case "gate" -> {
        needs(field, "laneId", a.laneId());
        require(!a.rollbackIds().isEmpty(), field + ".rollbackIds", "rollback ids", "none");
        require(
            a.cases().stream().anyMatch(c -> c.expect().equals("PASS")),
            field + ".cases",
            "a case that passes",
            "none");
        require(
            a.cases().stream().anyMatch(c -> !c.expect().equals("PASS")),
            field + ".cases",
            "a case that fails",
            "none");
      }
      default -> {}
    }
  }

  private void surfaces() {
    require(
        !spec.surfaces().allowed().isEmpty(),
        "spec.surfaces.allowed",
        "at least one allowed kind of effect",
        "none");
    each(
        "spec.surfaces.forbidden",
        spec.surfaces().forbidden(),
        (field, surface) ->
            require(!surface.match().isEmpty(), field + ".match", "at least one matcher", "none"));
  }

  /** A code that a probed object gives; what S4 says of a probe itself is none. */
  private static boolean isDecision(String expect) {
    return Stream.of(RejectCode.values())
        .map(RejectCode::name)
        .filter(code -> !code.startsWith("PROBE"))
        .anyMatch(code -> expect.equals(code) || expect.startsWith(code + ":"));
  }

  private void probes() {
    each(
        "spec.probes",
        spec.probes(),
        (field, probe) -> {
          oneOf(field + ".role", probe.role(), Set.of("probe", "extra", "control", "near-miss"));
          oneOf(field + ".to", probe.to(), Set.of("scope", "grant", "gate", "review"));
          boolean bad = probe.role().equals("probe") || probe.role().equals("extra");
          require(
              bad ? isDecision(probe.expect()) : probe.expect().equals("ALLOWED"),
              field + ".expect",
              bad
                  ? "the reject code of the object that decides, as CODE or CODE:subject"
                  : "ALLOWED",
              probe.expect());
          each(
              field + ".patch",
              probe.patch(),
              (at, patch) ->
                  require(
                      patch.pointer().startsWith("/"),
                      at + ".pointer",
                      "a JSON pointer",
                      patch.pointer()));
          switch (probe.to()) {
            case "scope" -> needs(field, "effect", probe.effect());
            case "grant" -> needs(field, "present", probe.present());
            case "review" -> needs(field, "claim", probe.claim());
            default -> {}
          }
          probe
              .present()
              .ifPresent(
                  p -> {
                    oneOf(field + ".present.what", p.what(), Set.of("nothing", "own", "file"));
                    require(
                        p.what().equals("file") == p.file().isPresent(),
                        field + ".present.file",
                        "a file exactly when 'what' is file",
                        p.what());
                  });
        });
    require(
        spec.probes().stream().anyMatch(p -> p.role().equals("probe")),
        "spec.probes",
        "at least one probe",
        "none");
    require(
        spec.probes().stream().anyMatch(p -> p.role().equals("control")),
        "spec.probes",
        "at least one control",
        "none");
  }

  private void references() {
    Set<String> changes = ids(spec.changes(), Lane.Change::id);
    Set<String> pins = ids(spec.pins(), Lane.Pin::id);
    Set<String> forbidden = ids(spec.surfaces().forbidden(), Lane.Forbidden::name);
    oneOf("spec.gate.name", spec.gate().name(), GATES);
    Optional<Lane.Input> corpus =
        spec.inputs().stream().filter(i -> i.id().equals(spec.gate().selfTest())).findFirst();
    require(
        corpus.isPresent()
            && corpus.get().asserts().stream().anyMatch(a -> a.kind().equals("gate")),
        "spec.gate.selfTest",
        "the id of an input with an assert of kind gate",
        spec.gate().selfTest());
    each(
        "spec.reservations",
        spec.reservations(),
        (field, r) -> {
          oneOf(field + ".addendum", r.addendum(), changes);
          each(field + ".registries", r.registries(), (at, id) -> oneOf(at, id, pins));
        });
    each(
        "spec.surfaces.excluded",
        spec.surfaces().excluded(),
        (field, e) -> {
          each(field + ".surfaces", e.surfaces(), (at, name) -> oneOf(at, name, forbidden));
          e.counterfactual().ifPresent(c -> oneOf(field + ".counterfactual.pin", c.pin(), pins));
        });
    each(
        "spec.blockers",
        spec.blockers(),
        (field, b) ->
            each(field + ".surfaces", b.surfaces(), (at, name) -> oneOf(at, name, forbidden)));
    Set<String> blockers = ids(spec.blockers(), Lane.Blocker::id);
    each(
        "spec.openItems",
        spec.openItems(),
        (field, o) -> o.blocker().ifPresent(b -> oneOf(field + ".blocker", b, blockers)));
    each(
        "spec.review.checks",
        spec.review().checks(),
        (field, c) -> {
          oneOf(field + ".check", c.check(), CHECKS);
          Set<String> known =
              switch (c.check()) {
                case "pins-intact" -> pins;
                case "prior-verdicts-intact" -> ids(spec.inputs(), Lane.Input::id);
                default -> Set.of();
              };
          each(field + ".subjects", c.subjects(), (at, id) -> oneOf(at, id, known));
        });
    require(!spec.review().checks().isEmpty(), "spec.review.checks", "at least one check", "none");
    each(
        "spec.selfCheck",
        spec.selfCheck(),
        (field, c) ->
            require(
                EvidenceFiles.ALL.contains(c.evidence().replaceFirst("#.*", ""))
                    && c.evidence().matches("[a-z-]+\\.json#(/.*)?"),
                field + ".evidence",
                "FILE.json#/pointer with a file of " + new TreeSet<>(EvidenceFiles.ALL),
                c.evidence()));
  }

  /** What is no range is told as such, and meets nothing. */
  private static boolean overlap(Lane.Reservation a, Lane.Reservation b) {
    return IdRange.fits(a.from(), a.to())
        && IdRange.fits(b.from(), b.to())
        && a.range().overlaps(b.range());
  }

  private void needs(String field, String name, Optional<?> value) {
    require(value.isPresent(), field + "." + name, "the field '" + name + "'", "nothing");
  }

  private void oneOf(String field, String value, Set<String> allowed) {
    if (!allowed.contains(value)) {
      String expected =
          allowed.isEmpty()
              ? "none"
              : "one of "
                  + allowed.stream().sorted().limit(SHOWN).collect(Collectors.joining(", "));
      require(false, field, expected, "'" + value + "'");
    }
  }

  private <T> void unique(String field, List<T> items, Function<T, String> key, String name) {
    Set<String> seen = new HashSet<>();
    each(
        field,
        items,
        (at, item) ->
            require(
                seen.add(Id.folded(key.apply(item))),
                at + "." + name,
                "a value used once (letter case ignored)",
                "a second '" + key.apply(item) + "'"));
  }

  private <T> void each(String field, List<T> items, Each<T> check) {
    for (int i = 0; i < items.size(); i++) {
      check.accept(field + "[" + i + "]", items.get(i));
    }
  }

  private static <T> Set<String> ids(List<T> items, Function<T, String> key) {
    return items.stream().map(key).collect(Collectors.toSet());
  }

  private void require(boolean holds, String field, String expected, String found) {
    if (!holds && problems.size() < MOST_PROBLEMS) {
      problems.add(source.problem(field, expected, found));
    }
  }

  private interface Each<T> {
    void accept(String field, T item);
  }
}
