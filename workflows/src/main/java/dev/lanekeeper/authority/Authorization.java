package dev.lanekeeper.authority;

import java.time.Instant;

/** What an owner's grant says, whatever it allows. */
public interface Authorization {

  /** Unique. */
  String id();

  /** The knowledge base that it is for. */
  String kbId();

  /** Valid from, inclusive. */
  Instant notBefore();

  /** Valid until, exclusive. */
  Instant expiresAt();

  /** The trust root's epoch when it was issued. */
  int revocationEpoch();
}
