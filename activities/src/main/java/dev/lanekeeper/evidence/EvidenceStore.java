package dev.lanekeeper.evidence;

import dev.lanekeeper.canonical.Digest;
import dev.lanekeeper.lane.LaneName;
import dev.lanekeeper.lane.Plan;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Where evidence is kept. What is read back is checked against its digest. */
public interface EvidenceStore {

  /** Stores bytes under their digest. */
  Digest put(byte[] bytes) throws IOException;

  /**
   * The bytes of a digest.
   *
   * @throws IOException when they are missing or are not those bytes any more
   */
  byte[] get(Digest digest) throws IOException;

  /** Stores a bundle and makes it the one that its lane's name means. */
  void putBundle(Bundle bundle) throws IOException;

  /** The plan that a lane's name means. */
  Optional<Plan> plan(LaneName lane) throws IOException;

  /**
   * Stores a grant's envelope in its canonical form, whatever an editor or a mail made of it, under
   * the digest of that; bytes that are no envelope are stored as they are, for S0 to refuse.
   */
  Digest putGrant(byte[] envelope) throws IOException;

  /** A grant's envelope. */
  Optional<byte[]> grant(Digest digest) throws IOException;

  /** Every stored grant's digest, newest first. */
  List<Digest> grants() throws IOException;

  /**
   * Stores a packet, whole or not at all; an unfinished one of an earlier attempt is replaced, a
   * finished one is moved aside, never changed.
   *
   * @return its location relative to the store
   */
  String putPacket(LaneName lane, String runId, Map<String, byte[]> files) throws IOException;

  /** The files of a stored packet by name. */
  Map<String, byte[]> packet(String location) throws IOException;

  /** Stores what is beside a packet, such as the report, and marks the run as the newest. */
  void putBeside(LaneName lane, String runId, Map<String, byte[]> files) throws IOException;
}
