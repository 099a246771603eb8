package dev.lanekeeper.starter;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The Temporal CLI's dev server, on a SQLite file. */
final class SqliteServer implements Server {

  private static final Path CLI = Path.of(System.getProperty("lanekeeper.temporal"));

  private final Path folder;
  private final int port;
  private final int uiPort;
  private DevServer process;

  SqliteServer(Path folder) throws IOException {
    this.folder = folder;
    port = DevServer.freePort();
    uiPort = DevServer.freePort();
  }

  @Override
  public String address() {
    return DevServer.HOST + ":" + port;
  }

  @Override
  public void start() throws Exception {
    process = DevServer.start(CLI, folder, port, uiPort);
  }

  @Override
  public void served() throws IOException {
    process.served();
  }

  @Override
  public boolean alive() {
    return process.alive();
  }

  @Override
  public String log() throws IOException {
    return Files.readString(process.log());
  }

  @Override
  public void kill() throws Exception {
    process.kill();
  }

  @Override
  public void close() {
    process.close();
  }
}
