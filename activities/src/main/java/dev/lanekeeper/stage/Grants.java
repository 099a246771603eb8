package dev.lanekeeper.stage;

import dev.lanekeeper.canonical.Digest;
import dev.lanekeeper.evidence.EvidenceStore;
import dev.lanekeeper.workflow.EndStatement;
import dev.lanekeeper.workflow.SealedPacket;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/** A grant as a result carries it, for a reader who has nothing but the history. */
public final class Grants {

  /** Larger ones, of lanes with many documents, stay out of histories; in bytes. */
  private static final int LONGEST = 128 * 1024;

  private Grants() {}

  /** The envelope as text; empty when there is none, or when it is too large. */
  public static Optional<String> text(Optional<byte[]> envelope) {
    return envelope
        .filter(bytes -> bytes.length <= LONGEST)
        .map(bytes -> new String(bytes, StandardCharsets.UTF_8));
  }

  /** A packet with the grant that its signed end names, where that is stored and can be carried. */
  public static SealedPacket under(SealedPacket packet, EvidenceStore evidence) throws IOException {
    Optional<Digest> grant =
        packet.end().flatMap(EndStatement::read).flatMap(end -> end.content().grant());
    return grant.isPresent() ? packet.under(text(evidence.grant(grant.get()))) : packet;
  }
}
