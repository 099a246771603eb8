package dev.lanekeeper.evidence;

import dev.lanekeeper.canonical.Digest;
import dev.lanekeeper.files.Kind;
import dev.lanekeeper.files.Rights;
import dev.lanekeeper.files.Root;
import dev.lanekeeper.lane.LaneName;
import dev.lanekeeper.lane.Plan;
import dev.lanekeeper.signature.Envelope;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;
import java.util.regex.Pattern;

/**
 * An evidence store in a folder: {@code store/} for blobs, catalogue and grants, {@code runs/} for
 * what people read. Every file appears whole, by renaming.
 */
public final class DirectoryEvidenceStore implements EvidenceStore {

  private static final String GRANT = ".dsse.json";
  private static final Pattern GRANT_FILE = Pattern.compile("[0-9a-f]{64}\\.dsse\\.json");

  /** A blob holds at most what a lane's file or a packet's file may hold. */
  private static final long BLOB_LIMIT = 256L << 20;

  private static final long SMALL = 1 << 20;

  private final Root home;
  private final Root store;
  private final Root runs;

  /**
   * Opens the store under a home folder, creating its folders. The store is this user's alone; the
   * runs are for whom the process's umask leaves them to.
   */
  public DirectoryEvidenceStore(Path home) throws IOException {
    this.home = Root.at(home, Rights.UMASK);
    this.store = this.home.sub("store", Rights.OWN);
    this.runs = this.home.sub("runs");
    for (String folder : List.of("blobs", "catalogue", "grants", "new")) {
      store.folders(folder);
    }
    runs.make();
  }

  @Override
  public Digest put(byte[] bytes) throws IOException {
    Digest digest = Digest.of(bytes);
    String file = blob(digest);
    if (store.kind(file) == Kind.ABSENT) {
      store.folders(file.substring(0, file.lastIndexOf('/')));
      write(file, bytes);
    }
    return digest;
  }

  @Override
  public byte[] get(Digest digest) throws IOException {
    byte[] bytes = store.read(blob(digest), BLOB_LIMIT);
    if (!Digest.of(bytes).equals(digest)) {
      throw new IOException("evidence " + digest + " has changed to " + Digest.of(bytes));
    }
    return bytes;
  }

  @Override
  public void putBundle(Bundle bundle) throws IOException {
    for (byte[] bytes : bundle.files().values()) {
      put(bytes);
    }
    put(bundle.plan().bytes());
    LaneName lane = bundle.plan().lane().metadata().name();
    write("catalogue/" + lane, bundle.plan().digest().hex().getBytes(StandardCharsets.US_ASCII));
  }

  @Override
  public Optional<Plan> plan(LaneName lane) throws IOException {
    Optional<byte[]> entry = store.find("catalogue/" + lane, SMALL);
    if (entry.isEmpty()) {
      return Optional.empty();
    }
    Digest plan = new Digest(new String(entry.get(), StandardCharsets.US_ASCII));
    return Optional.of(Plan.read(get(plan)));
  }

  @Override
  public Digest putGrant(byte[] envelope) throws IOException {
    byte[] bytes = canonical(envelope);
    Digest digest = Digest.of(bytes);
    String file = grantFile(digest);
    if (store.kind(file) == Kind.ABSENT) {
      write(file, bytes);
    }
    return digest;
  }

  private static byte[] canonical(byte[] envelope) {
    try {
      return Envelope.read(envelope).bytes();
    } catch (IOException none) {
      return envelope;
    }
  }

  @Override
  public Optional<byte[]> grant(Digest digest) throws IOException {
    return store.find(grantFile(digest), SMALL);
  }

  @Override
  public List<Digest> grants() throws IOException {
    Map<Digest, Instant> changed = new TreeMap<>();
    for (String name : store.list("grants")) {
      if (GRANT_FILE.matcher(name).matches()) {
        Digest digest = new Digest(name.substring(0, name.length() - GRANT.length()));
        changed.put(digest, store.modified(grantFile(digest)));
      }
    }
    return changed.entrySet().stream()
        .sorted(Map.Entry.comparingByValue(Comparator.reverseOrder()))
        .map(Map.Entry::getKey)
        .toList();
  }

  @Override
  public String putPacket(LaneName lane, String runId, Map<String, byte[]> files)
      throws IOException {
    Root run = runs.sub(lane.value()).sub(runId);
    run.make();
    String name = "packet.new-" + UUID.randomUUID();
    try {
      write(run.sub(name), files);
    } catch (IOException | RuntimeException e) {
      // Each attempt would leave another half.
      run.deleteAll(name);
      throw e;
    }
    if (run.kind("packet") != Kind.ABSENT) {
      run.move("packet", run, "packet.old-" + UUID.randomUUID());
    }
    run.move(name, run, "packet");
    return "runs/" + lane + "/" + runId + "/packet";
  }

  private static void write(Root packet, Map<String, byte[]> files) throws IOException {
    packet.make();
    for (Map.Entry<String, byte[]> file : new TreeMap<>(files).entrySet()) {
      int cut = file.getKey().lastIndexOf('/');
      if (cut > 0) {
        packet.folders(file.getKey().substring(0, cut));
      }
      packet.create(file.getKey(), file.getValue());
    }
    if (files.containsKey("RERUN.sh")) {
      packet.makeExecutable("RERUN.sh");
    }
  }

  @Override
  public Map<String, byte[]> packet(String location) throws IOException {
    return FileTree.read(home.sub(location));
  }

  @Override
  public void putBeside(LaneName lane, String runId, Map<String, byte[]> files) throws IOException {
    Root ofLane = runs.sub(lane.value());
    Root run = ofLane.sub(runId);
    run.make();
    for (Map.Entry<String, byte[]> file : files.entrySet()) {
      run.replace(file.getKey(), file.getValue());
    }
    ofLane.point("latest", runId);
  }

  private static String blob(Digest digest) {
    return "blobs/" + digest.hex().substring(0, 2) + "/" + digest;
  }

  private static String grantFile(Digest digest) {
    return "grants/" + digest + GRANT;
  }

  private void write(String target, byte[] bytes) throws IOException {
    String fresh = "new/" + UUID.randomUUID();
    store.create(fresh, bytes);
    store.moveOver(fresh, store, target);
  }
}
