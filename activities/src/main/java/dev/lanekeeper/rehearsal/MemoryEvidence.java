package dev.lanekeeper.rehearsal;

import dev.lanekeeper.canonical.Digest;
import dev.lanekeeper.evidence.Bundle;
import dev.lanekeeper.evidence.EvidenceStore;
import dev.lanekeeper.lane.LaneName;
import dev.lanekeeper.lane.Plan;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The evidence of one rehearsal, which ends with it. */
final class MemoryEvidence implements EvidenceStore {

  private final Map<Digest, byte[]> bytes = new HashMap<>();
  private final Plan plan;
  private final Digest grant;

  /** A store with one bundle and one grant. */
  MemoryEvidence(Bundle bundle, byte[] grant) {
    this.plan = bundle.plan();
    this.grant = put(grant);
    put(plan.bytes());
    bundle.files().values().forEach(this::put);
  }

  @Override
  public Digest put(byte[] content) {
    Digest digest = Digest.of(content);
    bytes.put(digest, content.clone());
    return digest;
  }

  @Override
  public byte[] get(Digest digest) throws IOException {
    byte[] found = bytes.get(digest);
    if (found == null) {
      throw new IOException("nothing is stored under " + digest);
    }
    return found.clone();
  }

  @Override
  public Optional<Plan> plan(LaneName lane) {
    return Optional.of(plan).filter(p -> p.lane().metadata().name().equals(lane));
  }

  @Override
  public Optional<byte[]> grant(Digest digest) throws IOException {
    return digest.equals(grant) ? Optional.of(get(grant)) : Optional.empty();
  }

  @Override
  public List<Digest> grants() {
    return List.of(grant);
  }

  @Override
  public void putBundle(Bundle bundle) {
    throw new UnsupportedOperationException("a rehearsal is of one bundle");
  }

  @Override
  public Digest putGrant(byte[] envelope) {
    throw new UnsupportedOperationException("a rehearsal is under one grant");
  }

  @Override
  public String putPacket(LaneName lane, String runId, Map<String, byte[]> files) {
    throw new UnsupportedOperationException("a rehearsal leaves no packet");
  }

  @Override
  public Map<String, byte[]> packet(String location) {
    throw new UnsupportedOperationException("a rehearsal leaves no packet");
  }

  @Override
  public void putBeside(LaneName lane, String runId, Map<String, byte[]> files) {
    throw new UnsupportedOperationException("a rehearsal leaves no packet");
  }
}
