package dev.lanekeeper.lane;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.JsonNode;
import dev.lanekeeper.canonical.Digest;
import dev.lanekeeper.canonical.InvalidFieldException;
import dev.lanekeeper.canonical.PlainText;
import java.time.LocalDate;
import java.time.format.DateTimeParseException;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

/**
 * A lane as its file says it. Field meanings: docs/lane-file.md.
 *
 * <p>A record here cannot be made with an id that is no {@link Id}, nor with a title or another
 * text of one line that is none: neither by the reader nor by code. The lists and texts of several
 * lines are bounded where they are read, by {@link SourceTree}.
 *
 * @param apiVersion always {@link #API_VERSION}
 * @param kind always {@code Lane}
 * @param metadata who the lane is
 * @param spec what the lane does
 */
public record Lane(
    @JsonProperty(required = true) String apiVersion,
    @JsonProperty(required = true) String kind,
    @JsonProperty(required = true) Metadata metadata,
    @JsonProperty(required = true) Spec spec) {

  /** The only version of the lane file that this release reads. */
  public static final String API_VERSION = "lanekeeper.dev/v1";

  private static final Pattern DATE = Pattern.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}");

  /** Names and date. */
  public record Metadata(
      @JsonProperty(required = true) LaneName name,
      @JsonProperty(required = true) String id,
      @JsonProperty(required = true) String title,
      @JsonProperty(required = true) String date) {
    public Metadata {
      id = Id.of("id", id);
      title = PlainText.line("title", title);
      date = checkedDate(date);
    }
  }

  /** What the lane does and under what limits. */
  public record Spec(
      @JsonProperty(required = true) String authority,
      @JsonProperty(required = true) Delegation delegation,
      @JsonProperty(required = true) String environment,
      @JsonProperty(required = true) String statusToken,
      List<Input> inputs,
      List<Pin> pins,
      @JsonProperty(required = true) List<Change> changes,
      List<Reservation> reservations,
      @JsonProperty(required = true) Gate gate,
      @JsonProperty(required = true) Surfaces surfaces,
      List<SatisfiedGate> gatesSatisfied,
      @JsonProperty(required = true) List<Probe> probes,
      @JsonProperty(required = true) Review review,
      List<SelfCheck> selfCheck,
      List<Blocker> blockers,
      List<OpenItem> openItems,
      @JsonProperty(required = true) Next next,
      Optional<Approval> approval,
      Optional<Report> report) {

    /** Puts empty lists where the file says nothing. */
    public Spec {
      authority = Id.of("authority", authority);
      environment = Id.of("environment", environment);
      inputs = orEmpty(inputs);
      pins = orEmpty(pins);
      changes = orEmpty(changes);
      reservations = orEmpty(reservations);
      gatesSatisfied = orEmpty(gatesSatisfied);
      probes = orEmpty(probes);
      selfCheck = orEmpty(selfCheck);
      blockers = orEmpty(blockers);
      openItems = orEmpty(openItems);
    }
  }

  /** The delegation's name and the chain of actors from the person down to the agent. */
  public record Delegation(
      @JsonProperty(required = true) String name,
      @JsonProperty(required = true) List<String> chain) {
    public Delegation {
      name = Id.of("name", name);
      chain = lines("chain", chain);
    }
  }

  /** Something S0 verifies from bytes. */
  public record Input(
      @JsonProperty(required = true) String id,
      @JsonProperty(required = true) String title,
      Optional<String> provenance,
      Optional<Tree> tree,
      List<PinnedFile> files,
      List<Assertion> asserts) {
    /** Puts empty lists where the file says nothing. */
    public Input {
      id = Id.of("id", id);
      title = PlainText.line("title", title);
      provenance = optionalLine("provenance", provenance);
      files = orEmpty(files);
      asserts = orEmpty(asserts);
    }

    /** Whether the example's authors made the input. */
    public boolean fixture() {
      return provenance.filter("fixture"::equals).isPresent();
    }
  }

  /** A folder of the lane with the digest of its tree (dirhash h1 in hexadecimal digits). */
  public record Tree(
      @JsonProperty(required = true) KbPath path, @JsonProperty(required = true) Digest digest) {}

  /** A file of the lane with its digest. */
  public record PinnedFile(
      @JsonProperty(required = true) KbPath path, @JsonProperty(required = true) Digest sha256) {}

  /**
   * What must be true of an input's bytes. {@code kind} says which other fields count: {@code
   * token} (must be in every file of the input), {@code json} (file, pointer, equals), {@code seal}
   * (name, file, sha256: recomputed in S0 and again in S1), {@code gate} (laneId, rollbackIds,
   * cases).
   */
  public record Assertion(
      @JsonProperty(required = true) String kind,
      Optional<String> token,
      Optional<KbPath> file,
      Optional<String> pointer,
      @JsonProperty("equals") Optional<JsonNode> wanted,
      Optional<String> name,
      Optional<Digest> sha256,
      Optional<String> laneId,
      List<String> rollbackIds,
      List<GateCase> cases) {
    /** Puts empty values where the file says nothing. */
    public Assertion {
      kind = PlainText.line("kind", kind);
      token = optionalLine("token", token);
      pointer = optionalLine("pointer", pointer);
      wanted = wanted.filter(node -> !node.isNull());
      name = optionalLine("name", name);
      laneId = optionalId("laneId", laneId);
      rollbackIds = Id.all("rollbackIds", orEmpty(rollbackIds));
      cases = orEmpty(cases);
    }
  }

  /** A file of rollback evidence and what the gate must say of it: PASS or the rendered code. */
  public record GateCase(
      @JsonProperty(required = true) KbPath file, @JsonProperty(required = true) String expect) {
    public GateCase {
      expect = PlainText.line("expect", expect);
    }
  }

  /** A document of the knowledge base that must not change. */
  public record Pin(
      @JsonProperty(required = true) String id,
      @JsonProperty(required = true) KbPath path,
      @JsonProperty(required = true) String over,
      @JsonProperty(required = true) Digest sha256,
      Optional<String> title,
      Optional<String> provenance) {
    /** Puts empty values where the file says nothing. */
    public Pin {
      id = Id.of("id", id);
      over = PlainText.line("over", over);
      title = optionalLine("title", title);
      provenance = optionalLine("provenance", provenance);
    }

    /** Whether the example's authors made the document. */
    public boolean fixture() {
      return provenance.filter("fixture"::equals).isPresent();
    }
  }

  /** One document that the lane publishes. */
  public record Change(
      @JsonProperty(required = true) String id,
      @JsonProperty(required = true) String rollbackId,
      @JsonProperty(required = true) Stage stage,
      @JsonProperty(required = true) KbPath path,
      @JsonProperty(required = true) KbPath source,
      @JsonProperty(required = true) Head expect,
      Optional<String> title) {
    /** Puts empty values where the file says nothing. */
    public Change {
      id = Id.of("id", id);
      rollbackId = Id.of("rollbackId", rollbackId);
      title = optionalLine("title", title);
    }

    /** The kind of effect that publishing this change is. */
    public String effectKind() {
      return expect.present() ? "kb.document.update" : "kb.document.create";
    }
  }

  /** Governance ids that the lane reserves. */
  public record Reservation(
      @JsonProperty(required = true) String prefix,
      @JsonProperty(required = true) int from,
      @JsonProperty(required = true) int to,
      @JsonProperty(required = true) int ceiling,
      @JsonProperty(required = true) String status,
      @JsonProperty(required = true) boolean applyNow,
      @JsonProperty(required = true) String addendum,
      @JsonProperty(required = true) List<String> registries) {

    public Reservation {
      prefix = IdRange.prefix("prefix", prefix);
      status = PlainText.line("status", status);
      addendum = Id.of("addendum", addendum);
      registries = Id.all("registries", registries);
    }

    /** The ids. */
    public IdRange range() {
      return new IdRange(prefix, from, to);
    }
  }

  /** The gate of S3 and the input whose frozen corpus is its self-test. */
  public record Gate(
      @JsonProperty(required = true) String name, @JsonProperty(required = true) String selfTest) {
    public Gate {
      name = PlainText.line("name", name);
      selfTest = Id.of("selfTest", selfTest);
    }
  }

  /** The classes of effects. */
  public record Surfaces(
      @JsonProperty(required = true) List<EffectPattern> allowed,
      @JsonProperty(required = true) List<Forbidden> forbidden,
      List<Excluded> excluded) {
    /** Puts empty lists where the file says nothing. */
    public Surfaces {
      allowed = orEmpty(allowed);
      forbidden = orEmpty(forbidden);
      excluded = orEmpty(excluded);
    }
  }

  /** Effects by kind and target; {@code *} matches any characters; letter case is ignored. */
  public record EffectPattern(
      @JsonProperty(required = true) String kind, @JsonProperty(required = true) String target) {
    public EffectPattern {
      kind = PlainText.line("kind", kind);
      target = PlainText.line("target", target);
    }
  }

  /** A surface that the lane must not touch. */
  public record Forbidden(
      @JsonProperty(required = true) String name,
      @JsonProperty(required = true) String title,
      @JsonProperty(required = true) List<EffectPattern> match) {
    public Forbidden {
      name = Id.of("name", name);
      title = PlainText.line("title", title);
    }
  }

  /** A surface that the lane leaves out, why, and by which forbidden surfaces it is refused. */
  public record Excluded(
      @JsonProperty(required = true) String id,
      @JsonProperty(required = true) String title,
      @JsonProperty(required = true) String classification,
      @JsonProperty(required = true) String reason,
      @JsonInclude(JsonInclude.Include.NON_EMPTY) List<String> surfaces,
      Optional<Counterfactual> counterfactual) {
    /** Puts empty values where the file says nothing. */
    public Excluded {
      id = Id.of("id", id);
      title = PlainText.line("title", title);
      classification = PlainText.line("classification", classification);
      surfaces = Id.all("surfaces", orEmpty(surfaces));
    }
  }

  /** The text that the excluded surface would append to a pinned document. */
  public record Counterfactual(
      @JsonProperty(required = true) String pin, @JsonProperty(required = true) String append) {
    public Counterfactual {
      pin = Id.of("pin", pin);
    }
  }

  /** A gate that the delegation satisfies, and for what only. */
  public record SatisfiedGate(
      @JsonProperty(required = true) String id,
      @JsonProperty(required = true) String reference,
      @JsonProperty(required = true) String environment,
      @JsonProperty(required = true) String limit) {
    public SatisfiedGate {
      id = Id.of("id", id);
      reference = Id.of("reference", reference);
      environment = Id.of("environment", environment);
      limit = PlainText.line("limit", limit);
    }
  }

  /**
   * A request that S4 sends to one of the objects that decide. {@code to}: {@code scope} (effect),
   * {@code grant} (present), {@code gate} (patch), {@code review} (attempted). {@code role}: {@code
   * probe} (must be refused with exactly {@code expect}), {@code control} or {@code near-miss}
   * (must be allowed).
   */
  public record Probe(
      @JsonProperty(required = true) String id,
      @JsonProperty(required = true) String title,
      @JsonProperty(required = true) String role,
      @JsonProperty(required = true) String to,
      Optional<EffectPattern> effect,
      Optional<Presented> present,
      List<Patch> patch,
      Optional<Claimed> claim,
      @JsonProperty(required = true) String expect) {
    /** Puts empty values where the file says nothing. */
    public Probe {
      id = Id.of("id", id);
      title = PlainText.line("title", title);
      role = PlainText.line("role", role);
      to = PlainText.line("to", to);
      expect = PlainText.line("expect", expect);
      patch = orEmpty(patch);
    }
  }

  /** What a grant probe presents: nothing, the lane's own grant, or a file of the lane. */
  public record Presented(@JsonProperty(required = true) String what, Optional<KbPath> file) {
    /** Puts empty values where the file says nothing. */
    public Presented {
      what = PlainText.line("what", what);
    }
  }

  /** Replaces the value at a JSON pointer of the evidence; without a value it is removed. */
  public record Patch(@JsonProperty(required = true) String pointer, Optional<JsonNode> value) {
    /** Puts empty values where the file says nothing. */
    public Patch {
      pointer = PlainText.line("pointer", pointer);
      value = value.filter(node -> !node.isNull());
    }
  }

  /** A claimed end of the lane, with effects that were tried. */
  public record Claimed(
      @JsonProperty(required = true) String status, List<EffectPattern> attempted) {
    /** Puts empty lists where the file says nothing. */
    public Claimed {
      status = PlainText.line("status", status);
      attempted = orEmpty(attempted);
    }
  }

  /** What S7 must find true. */
  public record Review(
      @JsonProperty(required = true) String token,
      @JsonProperty(required = true) List<ReviewCheck> checks,
      List<Declaration> declarations) {
    /** Puts empty lists where the file says nothing. */
    public Review {
      token = PlainText.line("token", token);
      checks = orEmpty(checks);
      declarations = orEmpty(declarations);
    }
  }

  /** One check of the review; {@code check} names it in the catalogue of docs/lane-file.md. */
  public record ReviewCheck(
      @JsonProperty(required = true) String id,
      @JsonProperty(required = true) String title,
      @JsonProperty(required = true) String check,
      List<String> subjects) {
    /** Puts empty lists where the file says nothing. */
    public ReviewCheck {
      id = Id.of("id", id);
      title = PlainText.line("title", title);
      check = PlainText.line("check", check);
      subjects = Id.all("subjects", orEmpty(subjects));
    }
  }

  /** A line such as "Production mutation: NO", computed from effects that match. */
  public record Declaration(
      @JsonProperty(required = true) String label,
      @JsonProperty(required = true) List<EffectPattern> match) {
    public Declaration {
      label = PlainText.line("label", label);
    }
  }

  /** A statement and the evidence that must bear it out: file#pointer and the value. */
  public record SelfCheck(
      @JsonProperty(required = true) String text,
      @JsonProperty(required = true) String evidence,
      @JsonProperty(value = "equals", required = true) JsonNode wanted) {
    public SelfCheck {
      text = PlainText.line("text", text);
      evidence = PlainText.line("evidence", evidence);
    }
  }

  /** What separates this lane from production. */
  public record Blocker(
      @JsonProperty(required = true) String id,
      @JsonProperty(required = true) String title,
      @JsonProperty(required = true) List<String> surfaces) {
    public Blocker {
      id = Id.of("id", id);
      title = PlainText.line("title", title);
      surfaces = Id.all("surfaces", surfaces);
    }
  }

  /** What stays open after the lane. */
  public record OpenItem(
      @JsonProperty(required = true) String id,
      @JsonProperty(required = true) String title,
      @JsonProperty(required = true) String reason,
      Optional<String> blocker) {
    /** Puts empty values where the file says nothing. */
    public OpenItem {
      id = Id.of("id", id);
      title = PlainText.line("title", title);
      blocker = optionalId("blocker", blocker);
    }
  }

  /** What the report proposes. */
  public record Next(
      @JsonProperty(required = true) String decision,
      @JsonProperty(required = true) String title,
      @JsonProperty(required = true) List<String> preconditions) {
    public Next {
      decision = PlainText.line("decision", decision);
      title = PlainText.line("title", title);
      preconditions = lines("preconditions", preconditions);
    }
  }

  /** Before S5 an approver is asked this. */
  public record Approval(@JsonProperty(required = true) String question) {
    public Approval {
      question = PlainText.line("question", question);
    }
  }

  /** The report's prose: Mustache templates over the evidence. */
  public record Report(
      @JsonProperty(required = true) String title,
      @JsonProperty(required = true) String summary,
      @JsonProperty(required = true) List<Section> sections) {
    public Report {
      title = PlainText.line("title", title);
    }
  }

  /** One numbered section. */
  public record Section(
      @JsonProperty(required = true) String heading, @JsonProperty(required = true) String body) {
    public Section {
      heading = PlainText.line("heading", heading);
    }
  }

  private static String checkedDate(String text) {
    try {
      if (DATE.matcher(text).matches()) {
        return LocalDate.parse(text).toString();
      }
    } catch (DateTimeParseException e) {
      // Refused below: the form is right, and the calendar has no such day.
    }
    throw new InvalidFieldException(
        "date", "expected a date as yyyy-mm-dd, found '" + PlainText.visible(text, 40) + "'");
  }

  private static Optional<String> optionalLine(String field, Optional<String> text) {
    return text.map(t -> PlainText.line(field, t));
  }

  private static Optional<String> optionalId(String field, Optional<String> text) {
    return text.map(t -> Id.of(field, t));
  }

  private static List<String> lines(String field, List<String> texts) {
    return IntStream.range(0, texts.size())
        .mapToObj(i -> PlainText.line(field + "[" + i + "]", texts.get(i)))
        .toList();
  }

  private static <T> List<T> orEmpty(List<T> list) {
    return list == null ? List.of() : List.copyOf(list);
  }
}
