package dev.lanekeeper.starter;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * The knowledge base's own lock, taken by the test as another worker takes it: while it is shut,
 * whoever wants to record a fact or change a document waits, so a stage stands still inside.
 */
final class StoreGate implements AutoCloseable {

  private final Path file;
  private FileChannel channel;

  StoreGate(Path home) {
    file = home.resolve("ledger/lock");
  }

  /** Waits for the lock and keeps it. */
  void shut() throws IOException {
    if (channel == null) {
      channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
      channel.lock();
    }
  }

  void open() throws IOException {
    if (channel != null) {
      channel.close();
      channel = null;
    }
  }

  @Override
  public void close() throws IOException {
    open();
  }
}
