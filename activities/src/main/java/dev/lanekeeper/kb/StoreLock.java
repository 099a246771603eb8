package dev.lanekeeper.kb;

import dev.lanekeeper.files.Root;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;

/** The lock that makes each operation of a directory store atomic among processes and threads. */
public final class StoreLock implements AutoCloseable {

  private final FileChannel channel;

  private StoreLock(FileChannel channel) {
    this.channel = channel;
  }

  /**
   * Waits for the lock.
   *
   * @param folder where the lock's file is
   * @param name the file's name, which is made if it is not there
   * @throws IOException when it cannot be made, or the thread is interrupted
   */
  public static StoreLock take(Root folder, String name) throws IOException {
    FileChannel channel = folder.lockFile(name);
    try {
      while (true) {
        FileLock lock = tryLock(channel);
        if (lock != null) {
          return new StoreLock(channel);
        }
        Thread.sleep(2);
      }
    } catch (InterruptedException e) {
      channel.close();
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while waiting for " + folder.path(name), e);
    } catch (IOException e) {
      channel.close();
      throw e;
    }
  }

  private static FileLock tryLock(FileChannel channel) throws IOException {
    try {
      return channel.tryLock();
    } catch (OverlappingFileLockException heldByAnotherThread) {
      return null;
    }
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
