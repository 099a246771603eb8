package dev.lanekeeper.starter;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Temporal's own server, for what the dev server cannot do: another database, TLS. Its programs
 * stand beside the Temporal CLI.
 */
final class TemporalProcess implements AutoCloseable {

  private static final Path CLI = Path.of(System.getProperty("lanekeeper.temporal"));

  private final Path folder;
  private final int port;
  private Process process;

  /**
   * A server that is not started yet.
   *
   * @param folder where its configuration and its log stand
   * @param stores the entries store and visibility of its configuration's datastores, as YAML
   * @param security the entries of its configuration's tls, as YAML; may be empty
   */
  TemporalProcess(Path folder, String stores, String security) throws IOException {
    this.folder = folder;
    this.port = DevServer.freePort();
    Files.writeString(folder.resolve("server.yaml"), config(stores, security));
  }

  /**
   * Starts it, on the same ports each time: the database remembers them as the cluster's members.
   */
  void start() throws IOException {
    process =
        run(
            folder.resolve("server.log"),
            "temporal-server",
            "--config-file",
            folder.resolve("server.yaml").toString(),
            "--allow-no-auth",
            "start");
  }

  /** Starts one of the programs of the server's release. */
  static Process run(Path log, String program, String... words) throws IOException {
    List<String> command = new ArrayList<>(List.of(CLI.resolveSibling(program).toString()));
    command.addAll(List.of(words));
    return new ProcessBuilder(command)
        .redirectErrorStream(true)
        .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
        .start();
  }

  /** Runs the Temporal CLI to its end against this server; its exit code. */
  int temporal(List<String> words) throws Exception {
    List<String> all = new ArrayList<>(words);
    all.addAll(List.of("--address", address()));
    return run(folder.resolve("temporal.log"), "temporal", all.toArray(String[]::new)).waitFor();
  }

  private String config(String stores, String security) throws IOException {
    String config =
        """
        log: {stdout: true, level: warn}
        persistence:
          defaultStore: store
          visibilityStore: visibility
          numHistoryShards: 4
          datastores:
        STORES
        global:
          membership: {maxJoinDuration: 30s, broadcastAddress: 127.0.0.1}
          tls:
        SECURITY
        services:
          frontend: {rpc: {grpcPort: PORT, membershipPort: FREE, httpPort: FREE, bindOnLocalHost: true}}
          matching: {rpc: {grpcPort: FREE, membershipPort: FREE, bindOnLocalHost: true}}
          history: {rpc: {grpcPort: FREE, membershipPort: FREE, bindOnLocalHost: true}}
          worker: {rpc: {grpcPort: FREE, membershipPort: FREE, bindOnLocalHost: true}}
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
              rpcAddress: "127.0.0.1:PORT"
        """
            .replace("STORES", stores.indent(4).stripTrailing())
            .replace("SECURITY", security.indent(4).stripTrailing())
            .replace("PORT", "" + port);
    while (config.contains("FREE")) {
      config = config.replaceFirst("FREE", "" + DevServer.freePort());
    }
    return config;
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

  /** Ends it as kill -9 does. */
  void kill() throws InterruptedException {
    if (process != null) {
      process.destroyForcibly().waitFor();
    }
  }

  @Override
  public void close() throws Exception {
    kill();
  }
}
