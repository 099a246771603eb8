package dev.lanekeeper.scope;

import dev.lanekeeper.canonical.Digest;
import dev.lanekeeper.lane.Lane;
import dev.lanekeeper.lane.Plan;
import java.util.Optional;

/**
 * One thing done to the outside.
 *
 * @param kind what is done, such as {@code kb.document.create}
 * @param target to what, such as {@code kb:handbook/intro.md}
 * @param digest the digest of the bytes involved, if bytes are
 */
public record Effect(String kind, String target, Optional<Digest> digest) {

  /** The same in a knowledge base of an environment: its documents are documents of that. */
  public Effect in(String environment) {
    return target.startsWith("kb:")
        ? new Effect(kind, environment + target.substring("kb".length()), digest)
        : this;
  }

  /** The effect that a plan's change is to have. */
  public static Effect of(Plan plan, Lane.Change change) {
    return of(change.effectKind(), "kb:" + change.path(), plan.sourceDigest(change));
  }

  /** An effect without bytes. */
  public static Effect of(String kind, String target) {
    return new Effect(kind, target, Optional.empty());
  }

  /** An effect with bytes. */
  public static Effect of(String kind, String target, Digest digest) {
    return new Effect(kind, target, Optional.of(digest));
  }
}
