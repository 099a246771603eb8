package dev.lanekeeper.worker;

import dev.lanekeeper.grant.TrustRoot;
import dev.lanekeeper.signature.VerifyKey;
import java.util.Locale;

/** A key would be trusted again that somebody removed from the trust root. */
public final class RemovedKeyException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  private final TrustRoot.Role role;
  private final String thumbprint;

  RemovedKeyException(TrustRoot.Role role, VerifyKey key) {
    super("the " + role.name().toLowerCase(Locale.ROOT) + " key was removed from the trust root");
    this.role = role;
    this.thumbprint = key.thumbprint().hex();
  }

  /** The role that the key had. */
  public String role() {
    return role.name().toLowerCase(Locale.ROOT);
  }

  /** The key. */
  public String thumbprint() {
    return thumbprint;
  }
}
