package dev.lanekeeper.starter;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Temporal's server on a PostgreSQL of its own, whose programs stand in the folder that the system
 * property {@code lanekeeper.postgres} names.
 */
final class PostgresServer implements Server {

  private static final List<String> DATABASES = List.of("temporal", "visibility");

  private final Path folder;
  private final int port;
  private final TemporalProcess temporal;
  private Process postgres;

  PostgresServer(Path folder) throws IOException {
    this.folder = Files.createDirectories(folder);
    port = DevServer.freePort();
    temporal = new TemporalProcess(folder, "store: " + store(0) + "\nvisibility: " + store(1), "");
  }

  private String store(int database) {
    return ("{sql: {pluginName: postgres12, databaseName: %s, connectAddr: '%s:%d',"
            + " connectProtocol: tcp, user: temporal, password: none}}")
        .formatted(DATABASES.get(database), DevServer.HOST, port);
  }

  /** PostgreSQL refuses to run as root; in a user namespace of its own it is nobody. */
  private Process postgres(String program, String... words) throws IOException {
    Path programs = Path.of(System.getProperty("lanekeeper.postgres"));
    List<String> command = new ArrayList<>();
    if (System.getProperty("user.name").equals("root")) {
      command.addAll(List.of("unshare", "--user"));
    }
    command.add(programs.resolve(program).toString());
    command.addAll(List.of(words));
    return new ProcessBuilder(command)
        .redirectErrorStream(true)
        .redirectOutput(ProcessBuilder.Redirect.appendTo(log("postgres.log").toFile()))
        .start();
  }

  private Path log(String name) {
    return folder.resolve(name);
  }

  @Override
  public String address() {
    return temporal.address();
  }

  @Override
  public void start() throws Exception {
    boolean first = postgres == null;
    if (first) {
      startPostgres();
      for (String database : DATABASES) {
        makeTables(database);
      }
    }
    temporal.start();
    if (first) {
      LaneOnServer.await(
          "the server",
          () -> {
            assertThat(alive()).as(log()).isTrue();
            return temporal.temporal(List.of("operator", "cluster", "health")) == 0;
          });
      List<String> create = List.of("operator", "namespace", "create", "-n", "default");
      assertThat(temporal.temporal(create)).as(log()).isZero();
    }
  }

  private void startPostgres() throws Exception {
    String data = folder.resolve("data").toString();
    int made =
        postgres("initdb", "-D", data, "-U", "temporal", "--auth=trust", "-E", "UTF8").waitFor();
    assertThat(made).as(Files.readString(log("postgres.log"))).isZero();
    postgres =
        postgres(
            "postgres",
            "-D",
            data,
            "-p",
            "" + port,
            "-c",
            "listen_addresses=" + DevServer.HOST,
            "-c",
            "unix_socket_directories=");
    LaneOnServer.await(
        "PostgreSQL",
        () -> {
          assertThat(postgres.isAlive()).as(Files.readString(log("postgres.log"))).isTrue();
          return postgres("pg_isready", "-h", DevServer.HOST, "-p", "" + port).waitFor() == 0;
        });
  }

  private void makeTables(String database) throws Exception {
    tool(database, "create");
    tool(database, "setup-schema", "-v", "0.0");
    tool(database, "update-schema", "--schema-name", "postgresql/v12/" + database);
  }

  private void tool(String database, String... words) throws Exception {
    List<String> all = new ArrayList<>(List.of("--plugin", "postgres12", "--ep", DevServer.HOST));
    all.addAll(List.of("--port", "" + port, "--user", "temporal", "--db", database));
    all.addAll(List.of(words));
    Path log = log("sql-tool.log");
    assertThat(TemporalProcess.run(log, "temporal-sql-tool", all.toArray(String[]::new)).waitFor())
        .as(Files.readString(log))
        .isZero();
  }

  @Override
  public boolean alive() {
    return temporal.alive();
  }

  @Override
  public String log() throws IOException {
    return temporal.log();
  }

  /** Kills Temporal's server; the database goes on. */
  @Override
  public void kill() throws Exception {
    temporal.kill();
  }

  @Override
  public void close() throws Exception {
    temporal.close();
    if (postgres != null) {
      postgres.destroy();
      if (!postgres.waitFor(30, TimeUnit.SECONDS)) {
        postgres.destroyForcibly().waitFor();
      }
    }
  }
}
