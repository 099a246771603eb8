package dev.lanekeeper.starter;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Temporal's server on SQLite files, whose frontend wants TLS and a client certificate. */
final class TlsServer implements AutoCloseable {

  private final Path folder;
  private final String name;
  private final TemporalProcess process;

  private TlsServer(Path folder, String name, TemporalProcess process) {
    this.folder = folder;
    this.name = name;
    this.process = process;
  }

  /**
   * Starts it with the certificates server, client and ca of a folder.
   *
   * @param name the name in its certificate
   */
  static TlsServer start(Path folder, String name) throws IOException {
    String stores =
        "store: "
            + store(folder.resolve("store.db"))
            + "\nvisibility: "
            + store(folder.resolve("visibility.db"));
    String security =
        """
        frontend:
          server:
            certFile: FOLDER/server.pem
            keyFile: FOLDER/server.key
            requireClientAuth: true
            clientCaFiles: [FOLDER/ca.pem]
          client: &client
            serverName: NAME
            rootCaFiles: [FOLDER/ca.pem]
        systemWorker:
          certFile: FOLDER/client.pem
          keyFile: FOLDER/client.key
          client: *client
        """
            .replace("FOLDER", folder.toString())
            .replace("NAME", name);
    TemporalProcess process = new TemporalProcess(folder, stores, security);
    process.start();
    return new TlsServer(folder, name, process);
  }

  private static String store(Path file) {
    return ("{sql: {pluginName: sqlite, databaseName: %s, connectAddr: localhost,"
            + " connectProtocol: tcp, connectAttributes: {cache: private, setup: \"true\"}}}")
        .formatted(file);
  }

  String address() {
    return process.address();
  }

  boolean alive() {
    return process.alive();
  }

  String log() throws IOException {
    return process.log();
  }

  /** Runs the Temporal CLI with the right certificate; its exit code. */
  int temporal(String... words) throws Exception {
    List<String> all = new ArrayList<>(List.of(words));
    all.addAll(List.of("--tls-server-name", name));
    all.addAll(List.of("--tls-ca-path", folder.resolve("ca.pem").toString()));
    all.addAll(List.of("--tls-cert-path", folder.resolve("client.pem").toString()));
    all.addAll(List.of("--tls-key-path", folder.resolve("client.key").toString()));
    return process.temporal(all);
  }

  @Override
  public void close() throws Exception {
    process.close();
  }
}
