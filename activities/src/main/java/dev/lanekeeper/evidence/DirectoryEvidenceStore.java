package dev.lanekeeper.evidence;

import dev.lanekeeper.canonical.Digest;
import dev.lanekeeper.lane.LaneName;
import dev.lanekeeper.lane.Plan;
import dev.lanekeeper.signature.Envelope;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;
import java.util.stream.Stream;

/**
 * An evidence store in a folder: {@code store/} for blobs, catalogue and grants, {@code runs/} for
 * what people read. Every file appears whole, by renaming.
 */
public final class DirectoryEvidenceStore implements EvidenceStore {

  private final Path store;
  private final Path runs;

  /** Opens the store under a home folder, creating its folders. */
  public DirectoryEvidenceStore(Path home) throws IOException {
    this.store = home.resolve("store");
    this.runs = home.resolve("runs");
    for (Path folder :
        List.of(
            store.resolve("blobs"),
            store.resolve("catalogue"),
            store.resolve("grants"),
            store.resolve("new"),
            runs)) {
      Files.createDirectories(folder);
    }
  }

  @Override
  public Digest put(byte[] bytes) throws IOException {
    Digest digest = Digest.of(bytes);
    Path file = blob(digest);
    if (!Files.exists(file)) {
      Files.createDirectories(file.getParent());
      write(file, bytes);
    }
    return digest;
  }

  @Override
  public byte[] get(Digest digest) throws IOException {
    byte[] bytes = Files.readAllBytes(blob(digest));
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
    write(
        store.resolve("catalogue").resolve(lane.value()),
        bundle.plan().digest().hex().getBytes(java.nio.charset.StandardCharsets.US_ASCII));
  }

  @Override
  public Optional<Plan> plan(LaneName lane) throws IOException {
    Path entry = store.resolve("catalogue").resolve(lane.value());
    if (!Files.exists(entry)) {
      return Optional.empty();
    }
    return Optional.of(Plan.read(get(new Digest(Files.readString(entry)))));
  }

  @Override
  public Digest putGrant(byte[] envelope) throws IOException {
    byte[] bytes = canonical(envelope);
    Digest digest = Digest.of(bytes);
    Path file = grantFile(digest);
    if (!Files.exists(file)) {
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
    Path file = grantFile(digest);
    return Files.exists(file) ? Optional.of(Files.readAllBytes(file)) : Optional.empty();
  }

  @Override
  public List<Digest> grants() throws IOException {
    try (Stream<Path> files = Files.list(store.resolve("grants"))) {
      List<Path> newestFirst =
          files.sorted(Comparator.comparing(DirectoryEvidenceStore::modified).reversed()).toList();
      return newestFirst.stream()
          .map(f -> new Digest(f.getFileName().toString().replace(".dsse.json", "")))
          .toList();
    }
  }

  private static java.nio.file.attribute.FileTime modified(Path file) {
    try {
      return Files.getLastModifiedTime(file);
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  @Override
  public String putPacket(LaneName lane, String runId, Map<String, byte[]> files)
      throws IOException {
    Path run = runs.resolve(lane.value()).resolve(runId);
    Path fresh = run.resolve("packet.new-" + UUID.randomUUID());
    for (Map.Entry<String, byte[]> file : new TreeMap<>(files).entrySet()) {
      Path target = fresh.resolve(file.getKey());
      Files.createDirectories(target.getParent());
      writeSynced(target, file.getValue());
    }
    if (files.containsKey("RERUN.sh") && !fresh.resolve("RERUN.sh").toFile().setExecutable(true)) {
      throw new IOException("RERUN.sh cannot be made executable");
    }
    Path packet = run.resolve("packet");
    if (Files.exists(packet, LinkOption.NOFOLLOW_LINKS)) {
      Files.move(packet, run.resolve("packet.old-" + UUID.randomUUID()));
    }
    Files.move(fresh, packet, StandardCopyOption.ATOMIC_MOVE);
    return runs.getFileName() + "/" + lane + "/" + runId + "/packet";
  }

  @Override
  public Map<String, byte[]> packet(String location) throws IOException {
    return FileTree.read(runs.resolveSibling(location));
  }

  @Override
  public void putBeside(LaneName lane, String runId, Map<String, byte[]> files) throws IOException {
    Path run = runs.resolve(lane.value()).resolve(runId);
    Files.createDirectories(run);
    for (Map.Entry<String, byte[]> file : files.entrySet()) {
      write(run.resolve(file.getKey()), file.getValue());
    }
    Path link = run.resolveSibling(".latest-" + UUID.randomUUID());
    Files.createSymbolicLink(link, Path.of(runId));
    Files.move(link, run.resolveSibling("latest"), StandardCopyOption.ATOMIC_MOVE);
  }

  private Path blob(Digest digest) {
    return store.resolve("blobs").resolve(digest.hex().substring(0, 2)).resolve(digest.hex());
  }

  private Path grantFile(Digest digest) {
    return store.resolve("grants").resolve(digest.hex() + ".dsse.json");
  }

  private void write(Path target, byte[] bytes) throws IOException {
    Path fresh = store.resolve("new").resolve(UUID.randomUUID().toString());
    writeSynced(fresh, bytes);
    Files.move(fresh, target, StandardCopyOption.ATOMIC_MOVE);
  }

  private static void writeSynced(Path file, byte[] bytes) throws IOException {
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW)) {
      ByteBuffer buffer = ByteBuffer.wrap(bytes);
      while (buffer.hasRemaining()) {
        channel.write(buffer);
      }
      channel.force(true);
    } catch (IOException e) {
      Files.deleteIfExists(file);
      throw e;
    }
  }
}
