package dev.lanekeeper.lane;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lanekeeper.canonical.CanonicalJson;
import dev.lanekeeper.canonical.Digest;
import dev.lanekeeper.canonical.Json;
import dev.lanekeeper.canonical.NormalizedText;
import dev.lanekeeper.canonical.PlainText;
import java.io.IOException;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;

/**
 * All that decides a lane's behaviour, in canonical form: the lane, the digest of every file it
 * names, and the versions of the rules that this release applies. The plan digest is the SHA-256 of
 * exactly these bytes, so {@code sha256sum data/lane.json} in a packet prints it.
 */
public final class Plan {

  private static final int FORMAT_VERSION = 1;

  private final byte[] bytes;
  private final Digest digest;
  private final Lane lane;
  private final NavigableMap<KbPath, Digest> files;

  private Plan(byte[] bytes, Lane lane, NavigableMap<KbPath, Digest> files) {
    this.bytes = bytes.clone();
    this.digest = Digest.of(bytes);
    this.lane = lane;
    this.files = files;
  }

  /** The versions of the rules that decide how a lane behaves under this release. */
  public static Map<String, String> behaviour() {
    return Map.of(
        "canonicalForm", "rfc8785-integers/v1",
        "gate", "hardened-rollback/v1",
        "normalizedText", NormalizedText.VERSION,
        "probes", "execution-probes/v1",
        "review", "review/v1",
        "scope", "scope-guard/v1");
  }

  /** Makes the plan of a lane whose files have these digests. */
  public static Plan of(LaneReader.Source source, Map<KbPath, Digest> files) {
    ObjectNode plan = Json.object();
    plan.put("formatVersion", FORMAT_VERSION);
    plan.set("behaviour", Json.tree(new TreeMap<>(behaviour())));
    ObjectNode digests = plan.putObject("files");
    files.forEach((path, digest) -> digests.put(path.value(), digest.hex()));
    plan.set("lane", source.tree());
    return new Plan(CanonicalJson.bytes(plan), source.lane(), new TreeMap<>(files));
  }

  /**
   * Reads a plan's bytes.
   *
   * @throws IOException when they are not the canonical form of a plan that this release could have
   *     made; the message says what differs
   */
  public static Plan read(byte[] bytes) throws IOException {
    try {
      JsonNode tree = Json.parse(bytes);
      if (!java.util.Arrays.equals(CanonicalJson.bytes(tree), bytes)) {
        throw new IOException("expected a plan in canonical form, found other bytes");
      }
      if (!tree.path("behaviour").equals(Json.tree(new TreeMap<>(behaviour())))) {
        throw new IOException(
            "expected the rules "
                + new TreeMap<>(behaviour())
                + ", found "
                + PlainText.visible(tree.path("behaviour").toString(), PlainText.LINE));
      }
      JsonNode laneTree = tree.path("lane");
      LaneReader.Source source = LaneReader.read("lane.json", CanonicalJson.bytes(laneTree));
      NavigableMap<KbPath, Digest> files = new TreeMap<>();
      tree.path("files")
          .properties()
          .forEach(f -> files.put(new KbPath(f.getKey()), new Digest(f.getValue().asText())));
      Plan plan = of(source, files);
      if (!plan.digest.equals(Digest.of(bytes))) {
        throw new IOException("expected a plan without further fields, found others");
      }
      return plan;
    } catch (InvalidLaneException | IllegalArgumentException e) {
      throw new IOException(e.getMessage(), e);
    }
  }

  /** The canonical bytes. */
  public byte[] bytes() {
    return bytes.clone();
  }

  /** The SHA-256 of the canonical bytes. */
  public Digest digest() {
    return digest;
  }

  /** The lane. */
  public Lane lane() {
    return lane;
  }

  /** The lane's specification. */
  public Lane.Spec spec() {
    return lane.spec();
  }

  /** The digest of each file that the lane names. */
  public NavigableMap<KbPath, Digest> files() {
    return new TreeMap<>(files);
  }

  /**
   * The digest of the bytes that a change publishes.
   *
   * @throws IllegalStateException when the change is not this plan's
   */
  public Digest sourceDigest(Lane.Change change) {
    return Optional.ofNullable(files.get(change.source()))
        .orElseThrow(
            () -> new IllegalStateException("not a file of this plan: " + change.source()));
  }

  /**
   * The head that a change leaves.
   *
   * @throws IllegalStateException as {@link #sourceDigest}
   */
  public Head.Revision after(Lane.Change change) {
    int next = change.expect() instanceof Head.Revision before ? before.number() + 1 : 1;
    return new Head.Revision(next, sourceDigest(change));
  }
}
