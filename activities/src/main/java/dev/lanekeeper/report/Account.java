package dev.lanekeeper.report;

import dev.lanekeeper.lane.Head;
import dev.lanekeeper.workflow.LaneEnd;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What a report may say of a run: sentences computed from its facts, each with where it is from.
 * What is not known is called not known.
 */
public final class Account {

  private static final Source LEDGER = Source.found("ledger");
  private static final Source DOCUMENTS = Source.found("documents read at the end");
  private static final Source GRANT = Source.signed("the owner's key", "grant.dsse.json");
  private static final Source STATEMENTS =
      Source.signed("the workers' keys", "attestations.intoto.jsonl");

  /** What stands in a table where there is nothing to say. */
  private static final String NOBODY = "–";

  private final RunFacts run;

  /** The account of a run. */
  public Account(RunFacts run) {
    this.run = run;
  }

  /** The values for a template: {@code story}, {@code people}, {@code documents} and so on. */
  public Map<String, Object> values() {
    Map<String, Object> values = new LinkedHashMap<>();
    values.put("story", story());
    values.put("people", people());
    values.put("documents", run.changes().stream().map(this::document).toList());
    values.put("stages", run.steps().stream().map(Account::step).toList());
    values.put("when", when());
    values.put("where", where());
    values.put("created", new Fact(String.valueOf(standing(false)), DOCUMENTS));
    values.put("updated", new Fact(String.valueOf(standing(true)), DOCUMENTS));
    values.put("reject", run.stop().<Object>map(Account::stop).orElse(false));
    return values;
  }

  private long standing(boolean updates) {
    return run.changes().stream()
        .filter(RunFacts.Change::stands)
        .filter(c -> c.before().present() == updates)
        .count();
  }

  /** What happened, in plain words. */
  List<Fact> story() {
    List<Fact> story = new ArrayList<>();
    story.add(new Fact(how(), run.end() == LaneEnd.APPLIED ? DOCUMENTS : LEDGER));
    if (run.end() != LaneEnd.APPLIED) {
      run.stop().ifPresent(stop -> story.add(new Fact(why(stop), LEDGER)));
      story.add(new Fact(documents(), DOCUMENTS));
    }
    return story;
  }

  private String how() {
    return switch (run.end()) {
      case APPLIED -> "This lane was applied. " + applied();
      case REJECTED -> "This lane was rejected: it was not applied.";
      case ROLLED_BACK ->
          run.people().rollbackGrant().isPresent()
              ? "This lane had been applied, and was rolled back later under a grant of its own."
              : "This lane was rolled back before it was applied.";
      case ABORTED -> "This lane was given up by a person (abort): it was not applied.";
      case CANCELED -> "This lane's workflow was canceled: it was not applied.";
      case ROLLBACK_FAILED ->
          "This lane was not applied, and it could not be undone whole: look at its documents.";
    };
  }

  private String applied() {
    List<String> done = new ArrayList<>();
    count(standing(false), "created").ifPresent(done::add);
    count(standing(true), "updated").ifPresent(done::add);
    String where =
        " in knowledge base " + run.place().kb() + " (" + run.place().environment() + ")";
    List<String> otherwise =
        run.changes().stream()
            .filter(c -> !c.stands() || !holds(c))
            .map(c -> c.path() + " (" + state(c) + ")")
            .toList();
    String sentence =
        (done.isEmpty() ? "It published no document" : "It " + String.join(" and ", done)) + where;
    return otherwise.isEmpty()
        ? sentence + ", and each stands there with the bytes that the plan names."
        : sentence + ". Not as the plan names them: " + String.join(", ", otherwise) + ".";
  }

  private static boolean holds(RunFacts.Change change) {
    return change.now().orElseThrow() instanceof Head.Revision r
        && r.sha256().equals(change.planned());
  }

  private static Optional<String> count(long number, String what) {
    return number == 0 ? Optional.empty() : Optional.of(what + " " + counted(number));
  }

  private static String counted(long number) {
    return number == 1 ? "1 document" : number + " documents";
  }

  private static String why(RunFacts.Stop stop) {
    return "Stage "
        + stop.stage()
        + " stopped it with "
        + stop.code()
        + ": expected "
        + stop.expected()
        + ", found "
        + stop.actual()
        + ".";
  }

  private String documents() {
    List<RunFacts.Change> published =
        run.changes().stream().filter(c -> c.published().isPresent()).toList();
    if (published.isEmpty()) {
      return "It published no document.";
    }
    List<RunFacts.Change> back = published.stream().filter(Account::takenBack).toList();
    String first = "It had published " + counted(published.size());
    if (back.size() == published.size()) {
      return first + ". Each was taken back, and what stood at its path before stands there again.";
    }
    return first
        + ", of which "
        + (back.isEmpty() ? "none" : counted(back.size()))
        + (back.size() > 1 ? " were" : " was")
        + " taken back. The others: "
        + published.stream()
            .filter(c -> !takenBack(c))
            .map(c -> c.path() + " (" + state(c) + ")")
            .collect(Collectors.joining(", "))
        + ".";
  }

  private static boolean takenBack(RunFacts.Change change) {
    return change.restored() && change.outcome().filter(o -> o.endsWith("WITHDRAWN")).isPresent();
  }

  /** What became of a document. */
  static String state(RunFacts.Change change) {
    if (change.published().isEmpty()) {
      return "not published by this lane";
    }
    if (change.now().isEmpty()) {
      return "published; it could not be read at the end";
    }
    if (change.stands()) {
      return "published, and stands";
    }
    if (takenBack(change)) {
      return "published, and taken back";
    }
    String outcome = change.outcome().orElse("");
    return outcome.equals("BUILT_UPON")
        ? "published, and changed by somebody since"
        : "published; at the end something else stood there (" + outcome + ")";
  }

  private Map<String, Object> document(RunFacts.Change change) {
    Map<String, Object> line = new LinkedHashMap<>();
    line.put("change", Source.lane(change.id()));
    line.put("title", Source.lane(change.title()));
    line.put("path", Source.lane(change.path()));
    line.put("planned", new Fact(change.planned().hex(), Source.found("lane.json#/files")));
    line.put(
        "before",
        change.published().isPresent()
            ? new Fact(head(change.before()), LEDGER)
            : Source.lane(head(change.before()) + " is wanted"));
    line.put(
        "replaced",
        change
            .replaced()
            .<Object>map(file -> Map.of("file", new Fact(file, Source.found("packet"))))
            .orElse(false));
    line.put(
        "after", new Fact(change.published().map(Account::head).orElse("not published"), LEDGER));
    line.put(
        "now", new Fact(change.now().map(Account::head).orElse("could not be read"), DOCUMENTS));
    line.put("state", new Fact(state(change), DOCUMENTS));
    return line;
  }

  private static String head(Head head) {
    return head instanceof Head.Revision r
        ? "rev" + r.number() + " sha256 " + r.sha256().hex()
        : "ABSENT";
  }

  private static Map<String, Object> step(RunFacts.Step step) {
    boolean stated = !step.stage().equals("S7") && step.finished().isPresent();
    Source source = stated && !step.worker().equals(NOBODY) ? STATEMENTS : LEDGER;
    Map<String, Object> line = new LinkedHashMap<>();
    line.put("stage", new Fact(step.stage(), source));
    line.put("title", new Fact(step.title(), source));
    line.put("verdict", new Fact(step.verdict(), source));
    line.put("started", new Fact(step.started().map(Account::time).orElse(NOBODY), source));
    line.put("finished", new Fact(step.finished().map(Account::time).orElse(NOBODY), source));
    Optional<Duration> took =
        step.started().flatMap(from -> step.finished().map(to -> Duration.between(from, to)));
    line.put("took", new Fact(took.map(Account::length).orElse(NOBODY), source));
    line.put("worker", new Fact(step.worker(), source));
    return line;
  }

  /** Who asked, allowed, approved, worked and reviewed. */
  List<Fact> people() {
    RunFacts.People people = run.people();
    List<Fact> lines = new ArrayList<>();
    lines.add(
        new Fact("Asked for by: " + people.requester(), Source.said("the request", "requester")));
    lines.add(
        people
            .delegation()
            .map(Account::delegated)
            .orElse(new Fact("Allowed by: nobody. No grant was verified.", LEDGER)));
    people
        .delegation()
        .filter(d -> d.issued().equals("SELF_ISSUED"))
        .ifPresent(
            d ->
                lines.add(
                    new Fact(
                        "SELF_ISSUED: the key that signed the grant lies on the machine that ran"
                            + " the lane. No second person has allowed it.",
                        Source.found("delegation-and-authority-lock.json#/volatile/issued"))));
    lines.add(approved());
    lines.add(people.review().map(Account::reviewed).orElse(notReviewed()));
    people
        .rollbackGrant()
        .ifPresent(grant -> lines.add(new Fact("Rolled back under: grant " + grant, LEDGER)));
    return lines;
  }

  private static Fact delegated(RunFacts.Delegation d) {
    return new Fact(
        "Allowed by: "
            + d.issuer()
            + " with owner's key "
            + d.ownerKey()
            + ", as "
            + d.name()
            + " to "
            + d.subject()
            + " ("
            + d.chain()
            + "), "
            + d.issued(),
        GRANT);
  }

  private Fact approved() {
    RunFacts.People people = run.people();
    if (people.approver().isPresent()) {
      return new Fact(
          "Approved by: " + people.approver().get(),
          Source.signed("the approver's key", "publication.json#/volatile"));
    }
    return !run.planKnown()
        ? new Fact("Approved by: nobody.", LEDGER)
        : people.approvalAsked()
            ? new Fact("Approved by: nobody, though the lane asks for an approval.", LEDGER)
            : new Fact(
                "Approved by: nobody. The lane does not ask for an approval.",
                Source.found("lane.json#/lane/spec/approval"));
  }

  private static Fact reviewed(RunFacts.Review review) {
    boolean same = review.independence().equals("REVIEW_NOT_INDEPENDENT");
    return new Fact(
        "Reviewed by: "
            + review.reviewer()
            + " with key "
            + review.key()
            + ": "
            + review.verdict()
            + ", "
            + review.independence()
            + (same ? " (the same worker executed stages of the lane)" : ""),
        Source.found("post-execution-review.json#/volatile"));
  }

  private static Fact notReviewed() {
    return new Fact("Reviewed by: nobody. The lane ended before a review was recorded.", LEDGER);
  }

  private Fact when() {
    return new Fact(
        "Began "
            + time(run.opened())
            + ", ended "
            + time(run.written())
            + ", took "
            + length(Duration.between(run.opened(), run.written())),
        LEDGER);
  }

  private List<Fact> where() {
    RunFacts.Place place = run.place();
    String workers =
        run.steps().stream()
            .map(RunFacts.Step::worker)
            .filter(w -> !w.equals(NOBODY))
            .distinct()
            .collect(Collectors.joining(", "));
    return Stream.of(
            new Fact("Report written on host " + place.host(), Source.found("system")),
            new Fact("Workers: " + (workers.isEmpty() ? "none" : workers), STATEMENTS),
            new Fact(
                "Knowledge base "
                    + place.kb()
                    + ", labelled "
                    + place.environment()
                    + ", in store "
                    + place.store(),
                Source.found("knowledge base's identity")),
            new Fact(
                "Workflow " + place.workflow() + " on " + place.engine(), Source.found("service")))
        .toList();
  }

  private static Map<String, Object> stop(RunFacts.Stop stop) {
    Map<String, Object> line = new LinkedHashMap<>();
    line.put("stage", new Fact(stop.stage(), LEDGER));
    line.put("code", new Fact(stop.code(), LEDGER));
    line.put("expected", new Fact(stop.expected(), LEDGER));
    line.put("actual", new Fact(stop.actual(), LEDGER));
    line.put("remedy", new Fact(stop.remedy(), LEDGER));
    return line;
  }

  private static String time(Instant at) {
    return at.truncatedTo(ChronoUnit.MILLIS).toString();
  }

  /** A length of time in the two largest units that it has. */
  static String length(Duration took) {
    if (took.compareTo(Duration.ofMinutes(1)) < 0) {
      String millis = took.toMillisPart() + " ms";
      return took.toSeconds() == 0 ? millis : took.toSeconds() + " s " + millis;
    }
    return took.toHours() > 0
        ? took.toHours() + " h " + took.toMinutesPart() + " min"
        : took.toMinutes() + " min " + took.toSecondsPart() + " s";
  }
}
