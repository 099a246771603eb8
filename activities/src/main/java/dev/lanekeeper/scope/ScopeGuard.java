package dev.lanekeeper.scope;

import dev.lanekeeper.lane.Lane;
import dev.lanekeeper.verdict.RejectCode;
import dev.lanekeeper.verdict.Verdict;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Decides on effects by the lane's surfaces. A forbidden surface refuses even what is also allowed;
 * what nothing allows is refused as unknown. The one thing that no lane needs to allow is the
 * withdrawal of its own documents, for a lane that cannot be undone must not be possible.
 */
public final class ScopeGuard {

  private final Lane.Surfaces surfaces;
  private final List<String> ownPaths;

  /** A guard for a lane. */
  public ScopeGuard(Lane.Spec spec) {
    this.surfaces = spec.surfaces();
    this.ownPaths = spec.changes().stream().map(c -> "kb:" + c.path()).toList();
  }

  /** Decides on one effect in a knowledge base of an environment. */
  public Verdict decide(Effect effect, String environment) {
    return forbidden(effect.in(environment)).isPresent()
        ? decide(effect.in(environment))
        : decide(effect);
  }

  /** Decides on one effect. */
  public Verdict decide(Effect effect) {
    Optional<Lane.Forbidden> forbidden = forbidden(effect);
    if (forbidden.isPresent()) {
      return Verdict.reject(
          RejectCode.SURFACE_FORBIDDEN,
          forbidden.get().name(),
          "an allowed effect",
          effect.kind() + " on " + effect.target());
    }
    boolean ownWithdrawal =
        effect.kind().equals("kb.document.withdraw") && ownPaths.contains(effect.target());
    if (ownWithdrawal || surfaces.allowed().stream().anyMatch(p -> matches(p, effect))) {
      return Verdict.pass();
    }
    return Verdict.reject(
        RejectCode.SURFACE_UNKNOWN,
        effect.kind(),
        surfaces.allowed().stream()
            .map(p -> p.kind() + " on " + p.target())
            .collect(Collectors.joining(", ")),
        effect.kind() + " on " + effect.target());
  }

  /** The first forbidden surface that the effect touches. */
  public Optional<Lane.Forbidden> forbidden(Effect effect) {
    return surfaces.forbidden().stream()
        .filter(surface -> surface.match().stream().anyMatch(p -> matches(p, effect)))
        .findFirst();
  }

  /** Whether a pattern covers an effect. */
  public static boolean matches(Lane.EffectPattern pattern, Effect effect) {
    return glob(pattern.kind(), effect.kind()) && glob(pattern.target(), effect.target());
  }

  /** {@code *} matches any characters, none included; letter case is ignored. */
  static boolean glob(String pattern, String text) {
    String p = pattern.toLowerCase(Locale.ROOT);
    String t = text.toLowerCase(Locale.ROOT);
    int at = 0;
    int in = 0;
    int star = -1;
    int mark = 0;
    while (in < t.length()) {
      if (at < p.length() && p.charAt(at) == '*') {
        star = at++;
        mark = in;
      } else if (at < p.length() && p.charAt(at) == t.charAt(in)) {
        at++;
        in++;
      } else if (star >= 0) {
        at = star + 1;
        in = ++mark;
      } else {
        return false;
      }
    }
    while (at < p.length() && p.charAt(at) == '*') {
      at++;
    }
    return at == p.length();
  }
}
