package dev.lanekeeper.lane;

import com.fasterxml.jackson.annotation.JsonCreator;
import dev.lanekeeper.canonical.PlainText;

/** The stages of a lane, in order. */
public enum Stage {
  S0("S0Preflight", "preflight"),
  S1("S1SealVersusBytes", "seal versus bytes"),
  S2("S2StagingRollbackProof", "staging rollback proof"),
  S3("S3HardenedGate", "hardened gate"),
  S4("S4ExecutionProbes", "execution probes"),
  S5("S5PublishPrimary", "publish primary"),
  S6("S6PublishAddenda", "publish addenda"),
  S7("S7Review", "review");

  private final String activityType;
  private final String title;

  Stage(String activityType, String title) {
    this.activityType = activityType;
    this.title = title;
  }

  /**
   * The stage of exactly this name.
   *
   * @throws IllegalArgumentException when there is none
   */
  @JsonCreator
  public static Stage of(String name) {
    for (Stage stage : values()) {
      if (stage.name().equals(name)) {
        return stage;
      }
    }
    throw new IllegalArgumentException(
        "expected one of S0 to S7, found '" + PlainText.visible(String.valueOf(name), 100) + "'");
  }

  /** The Temporal activity type that performs the stage. */
  public String activityType() {
    return activityType;
  }

  /** The stage's name for people. */
  public String title() {
    return title;
  }

  /** Whether this stage changes the knowledge base. */
  public boolean publishes() {
    return this == S5 || this == S6;
  }
}
