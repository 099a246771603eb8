package dev.lanekeeper.kb;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lanekeeper.canonical.CanonicalJson;
import dev.lanekeeper.canonical.Json;
import dev.lanekeeper.files.Kind;
import dev.lanekeeper.files.Root;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.time.Clock;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The ledger's file: one canonical JSON object a line. A fact counts once its line feed is on disk;
 * a torn last line, left by a crash, never counted and is cut off before the next fact.
 */
final class Ledger {

  private static final String FILE = "ledger.jsonl";

  private final Root folder;
  private final Clock clock;
  private final List<LedgerState.Line> lines = new ArrayList<>();
  private long offset;

  Ledger(Root folder, Clock clock) {
    this.folder = folder;
    this.clock = clock;
  }

  /** Makes an empty one where there is none. */
  static void create(Root folder) throws IOException {
    if (folder.kind(FILE) == Kind.ABSENT) {
      folder.create(FILE, new byte[0]);
    }
  }

  /** Reads what was appended since the last look. */
  synchronized LedgerState state() throws IOException {
    try (FileChannel channel = folder.reading(FILE)) {
      readFrom(channel);
    }
    return new LedgerState(List.copyOf(lines));
  }

  /** Appends a fact and forces it to disk; the caller holds the store's lock. */
  synchronized void append(LedgerEntry entry) throws IOException {
    try (FileChannel channel = folder.file(FILE)) {
      readFrom(channel);
      channel.truncate(offset);
      ObjectNode line = Json.object();
      line.put("at", clock.instant().toString());
      line.set("fact", Json.tree(entry));
      ByteBuffer bytes =
          ByteBuffer.wrap((CanonicalJson.text(line) + "\n").getBytes(StandardCharsets.UTF_8));
      long at = offset;
      try {
        while (bytes.hasRemaining()) {
          at += channel.write(bytes, at);
        }
        channel.force(true);
      } catch (IOException e) {
        channel.truncate(offset);
        throw e;
      }
      readFrom(channel);
    }
  }

  private void readFrom(FileChannel channel) throws IOException {
    long size = channel.size();
    if (size <= offset) {
      return;
    }
    ByteBuffer buffer = ByteBuffer.allocate(Math.toIntExact(size - offset));
    while (buffer.hasRemaining()) {
      if (channel.read(buffer, offset + buffer.position()) < 0) {
        break;
      }
    }
    byte[] bytes = buffer.array();
    List<LedgerState.Line> read = new ArrayList<>();
    int start = 0;
    for (int i = 0; i < buffer.position(); i++) {
      if (bytes[i] == '\n') {
        read.add(line(Arrays.copyOfRange(bytes, start, i), lines.size() + read.size() + 1));
        start = i + 1;
      }
    }
    lines.addAll(read);
    offset += start;
  }

  private LedgerState.Line line(byte[] bytes, int number) throws IOException {
    try {
      JsonNode line = Json.parse(bytes);
      return new LedgerState.Line(
          Instant.parse(line.path("at").asText()), Json.as(line.path("fact"), LedgerEntry.class));
    } catch (IOException | DateTimeException e) {
      throw new FileSystemException(
          folder.path(FILE).toString(),
          null,
          "a line that is no fact of this release, line " + number + ",");
    }
  }
}
