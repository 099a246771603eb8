package dev.lanekeeper.starter;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Temporal's own server on SQLite files, whose frontend wants TLS and a client certificate; the dev
 * server has no TLS. Its program stands beside the Temporal CLI.
 */
final class TlsServer implements AutoCloseable {

  private static final Path CLI = Path.of(System.getProperty("lanekeeper.temporal"));

  private final Path folder;
  private final String name;
  private final int port;
  private final Process process;

  private TlsServer(Path folder, String name, int port, Process process) {
    this.folder = folder;
    this.name = name;
    this.port = port;
    this.process = process;
  }

  /**
   * Starts it with the certificates server, client and ca of a folder.
   *
   * @param name the name in its certificate
   */
  static TlsServer start(Path folder, String name) throws IOException {
    int port = DevServer.freePort();
    Path config = folder.resolve("server.yaml");
    Files.writeString(config, config(folder, name, port));
    Process process =
        new ProcessBuilder(
                CLI.resolveSibling("temporal-server").toString(),
                "--config-file",
                config.toString(),
                "--allow-no-auth",
                "start")
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("server.log").toFile())
            .start();
    return new TlsServer(folder, name, port, process);
  }

  private static String config(Path folder, String name, int port) throws IOException {
    return """
        log: {stdout: true, level: warn}
        persistence:
          defaultStore: store
          visibilityStore: visibility
          numHistoryShards: 1
          datastores:
            store: %1$s
            visibility: %2$s
        global:
          membership: {maxJoinDuration: 30s, broadcastAddress: 127.0.0.1}
          tls:
            frontend:
              server:
                certFile: %3$s/server.pem
                keyFile: %3$s/server.key
                requireClientAuth: true
                clientCaFiles: [%3$s/ca.pem]
              client: &client
                serverName: %4$s
                rootCaFiles: [%3$s/ca.pem]
            systemWorker:
              certFile: %3$s/client.pem
              keyFile: %3$s/client.key
              client: *client
        services:
          frontend: {rpc: {grpcPort: %5$d, membershipPort: %6$d, httpPort: %7$d, bindOnLocalHost: true}}
          matching: {rpc: {grpcPort: %8$d, membershipPort: %9$d, bindOnLocalHost: true}}
          history: {rpc: {grpcPort: %10$d, membershipPort: %11$d, bindOnLocalHost: true}}
          worker: {rpc: {grpcPort: %12$d, membershipPort: %13$d, bindOnLocalHost: true}}
        clusterMetadata:
          enableGlobalNamespace: false
          failoverVersionIncrement: 10
          masterClusterName: active
          currentClusterName: active
          clusterInformation:
            active:
              enabled: true
              initialFailoverVersion: 1
              rpcName: frontend
              rpcAddress: "127.0.0.1:%5$d"
        """
        .formatted(
            store(folder.resolve("store.db")),
            store(folder.resolve("visibility.db")),
            folder,
            name,
            port,
            DevServer.freePort(),
            DevServer.freePort(),
            DevServer.freePort(),
            DevServer.freePort(),
            DevServer.freePort(),
            DevServer.freePort(),
            DevServer.freePort(),
            DevServer.freePort());
  }

  private static String store(Path file) {
    return ("{sql: {pluginName: sqlite, databaseName: %s, connectAddr: localhost,"
            + " connectProtocol: tcp, connectAttributes: {cache: private, setup: \"true\"}}}")
        .formatted(file);
  }

  String address() {
    return DevServer.HOST + ":" + port;
  }

  boolean alive() {
    return process.isAlive();
  }

  String log() throws IOException {
    return Files.readString(folder.resolve("server.log"));
  }

  /** Runs the Temporal CLI with the right certificate; its exit code. */
  int temporal(String... words) throws Exception {
    List<String> command = new ArrayList<>(List.of(CLI.toString()));
    command.addAll(List.of(words));
    command.addAll(List.of("--address", address(), "--tls-server-name", name));
    command.addAll(List.of("--tls-ca-path", folder.resolve("ca.pem").toString()));
    command.addAll(List.of("--tls-cert-path", folder.resolve("client.pem").toString()));
    command.addAll(List.of("--tls-key-path", folder.resolve("client.key").toString()));
    return new ProcessBuilder(command)
        .redirectErrorStream(true)
        .redirectOutput(folder.resolve("temporal.log").toFile())
        .start()
        .waitFor();
  }

  @Override
  public void close() throws Exception {
    process.destroyForcibly().waitFor();
  }
}
