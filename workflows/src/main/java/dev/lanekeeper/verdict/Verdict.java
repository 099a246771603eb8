package dev.lanekeeper.verdict;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;

/** What a check finds. Whoever cannot tell says {@link Unknown}, which counts as a refusal. */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "verdict")
@JsonSubTypes({
  @JsonSubTypes.Type(value = Verdict.Pass.class, name = "PASS"),
  @JsonSubTypes.Type(value = Verdict.Reject.class, name = "REJECT"),
  @JsonSubTypes.Type(value = Verdict.Unknown.class, name = "UNKNOWN")
})
public sealed interface Verdict {

  /** The check was made and holds. */
  static Verdict pass() {
    return new Pass();
  }

  /** The check was made and does not hold. */
  static Reject reject(RejectCode code, String subject, String expected, String actual) {
    return new Reject(code, subject, expected, actual);
  }

  /** Whether this is a pass; unknown is not. */
  default boolean passed() {
    return this instanceof Pass;
  }

  /** PASS, REJECT or UNKNOWN. */
  default String word() {
    return this instanceof Pass ? "PASS" : this instanceof Reject ? "REJECT" : "UNKNOWN";
  }

  /** What a refusal says: the rendered code, or PASS. */
  String render();

  /** The check holds. */
  record Pass() implements Verdict {
    @Override
    public String render() {
      return "PASS";
    }
  }

  /**
   * The check does not hold.
   *
   * @param code which check
   * @param subject what was checked; may be empty
   * @param expected what a pass would have shown
   * @param actual what was found
   */
  record Reject(RejectCode code, String subject, String expected, String actual)
      implements Verdict {
    @Override
    public String render() {
      return subject.isEmpty() ? code.name() : code + ":" + subject;
    }

    /** The same rejection as a sentence. */
    public String sentence() {
      return render() + ": expected " + expected + ", found " + actual;
    }
  }

  /**
   * The check could not be made.
   *
   * @param reason why, as a sentence
   */
  record Unknown(String reason) implements Verdict {
    @Override
    public String render() {
      return "UNKNOWN";
    }

    /** Everywhere that a decision is needed, unknown is this rejection. */
    public Reject asReject() {
      return new Reject(RejectCode.UNKNOWN_VERDICT, "", "a verdict", reason);
    }
  }
}
