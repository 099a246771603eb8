package dev.lanekeeper.starter;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lanekeeper.testkit.TestLane;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A real server that wants TLS and a client certificate, reached by Temporal's own environment
 * configuration. Authorities and certificates are made here, by openssl.
 */
class TlsServerIT {

  /** The name in the server's certificate; no name service knows it. */
  private static final String NAME = "lanekeeper.test";

  @TempDir private static Path folder;
  private static TlsServer server;

  @TempDir private Path own;

  @BeforeAll
  static void start() throws Exception {
    Certificates.authority(folder, "ca");
    Certificates.authority(folder, "foreign");
    Certificates.issue(folder, "ca", "server", NAME);
    Certificates.issue(folder, "ca", "client", "client");
    Certificates.issue(folder, "foreign", "stranger", "stranger");
    server = TlsServer.start(folder, NAME);
    Map<String, String> administrator = environment("ca", NAME, "client");
    LaneOnServer.await(
        "the server",
        () -> {
          assertThat(server.alive()).as(server.log()).isTrue();
          return server.temporal("operator", "cluster", "health") == 0;
        });
    assertThat(server.temporal("operator", "namespace", "create", "-n", "default"))
        .as(server.log())
        .isZero();
    LaneOnServer.await("the namespace", () -> list(administrator, folder).exitCode() == 0);
  }

  @AfterAll
  static void stop() throws Exception {
    server.close();
  }

  /** A client that trusts this authority, expects this server and shows this certificate. */
  private static Map<String, String> environment(String authority, String name, String client) {
    Map<String, String> environment = new HashMap<>();
    environment.put("TEMPORAL_ADDRESS", server.address());
    environment.put("TEMPORAL_TLS", "true");
    environment.put("TEMPORAL_TLS_SERVER_CA_CERT_PATH", folder.resolve(authority + ".pem") + "");
    environment.put("TEMPORAL_TLS_SERVER_NAME", name);
    if (!client.isEmpty()) {
      environment.put("TEMPORAL_TLS_CLIENT_CERT_PATH", folder.resolve(client + ".pem") + "");
      environment.put("TEMPORAL_TLS_CLIENT_KEY_PATH", folder.resolve(client + ".key") + "");
    }
    return environment;
  }

  private static Jar.Result list(Map<String, String> environment, Path folder) throws Exception {
    Path output = Files.createTempFile(folder, "out", ".txt");
    int code = Jar.start(environment, output, "list").waitFor();
    return new Jar.Result(code, Files.readString(output));
  }

  @Test
  void clientWithItsCertificate_runsALane_byVariablesAndByAProfile() throws Exception {
    Path home = own.resolve("home");
    for (Cli prepared :
        List.of(
            Cli.run("kb", "create", "--environment", "no-production", "--home", home),
            Cli.run("kb", "import", TestLane.FIX7.resolve("kb"), "--home", home),
            Cli.run("grant", "issue", TestLane.FIX7, "--home", home))) {
      assertThat(prepared.exitCode()).as(prepared.err()).isZero();
    }
    Path profile = own.resolve("temporal.toml");
    Files.writeString(
        profile,
        """
        [profile.lanes]
        address = "%s"
        [profile.lanes.tls]
        server_name = "%s"
        server_ca_cert_path = "%s"
        client_cert_path = "%s"
        client_key_path = "%s"
        """
            .formatted(
                server.address(),
                NAME,
                folder.resolve("ca.pem"),
                folder.resolve("client.pem"),
                folder.resolve("client.key")));
    Map<String, String> byProfile =
        Map.of("TEMPORAL_CONFIG_FILE", profile.toString(), "TEMPORAL_PROFILE", "lanes");
    Path said = own.resolve("worker.txt");
    Process worker =
        Jar.start(
            byProfile,
            said,
            "worker",
            "--home",
            home,
            "--lanes",
            TestLane.ROOT.resolve("examples"));
    try {
      LaneOnServer.await(
          "the worker",
          () -> {
            assertThat(worker.isAlive()).as(Files.readString(said)).isTrue();
            return Files.readString(said).contains(" ready on " + server.address());
          });
      Path output = own.resolve("start.txt");
      int code =
          Jar.start(
                  environment("ca", NAME, "client"),
                  output,
                  "start",
                  TestLane.FIX7,
                  "--home",
                  home,
                  "--wait")
              .waitFor();
      assertThat(code).as(Files.readString(output)).isZero();
      assertThat(Files.readString(output)).contains("APPLIED");
      assertThat(list(byProfile, own).out()).contains("APPLIED");
    } finally {
      worker.destroy();
      worker.waitFor();
    }
  }

  static Stream<Arguments> refused() {
    return Stream.of(
        Arguments.of("no certificate", "ca", NAME, "", "certificate"),
        Arguments.of("a certificate of a foreign authority", "ca", NAME, "stranger", "certificate"),
        Arguments.of(
            "a server of a foreign authority", "foreign", NAME, "client", "certification path"),
        Arguments.of("another server's name", "ca", "other.test", "client", "other.test"));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("refused")
  void wrongClient_isRefused_andToldWhy(
      String what, String authority, String name, String client, String why) throws Exception {
    assertRefused(environment(authority, name, client), why);
  }

  @Test
  void clientWithoutTls_isRefused_andToldWhy() throws Exception {
    assertRefused(Map.of("TEMPORAL_ADDRESS", server.address()), "TLS");
  }

  /** Exit code 1, within the time that the message names, and a cause and a remedy in words. */
  private void assertRefused(Map<String, String> environment, String why) throws Exception {
    Jar.Result result = list(environment, own);
    assertThat(result.exitCode()).as(result.out()).isEqualTo(ExitCode.FAULT);
    assertThat(result.out()).contains("TEMPORAL_UNREACHABLE " + server.address());
    List<String> lines = new ArrayList<>(result.out().lines().toList());
    assertThat(lines).filteredOn(l -> l.startsWith("  found: ")).hasSize(1);
    assertThat(result.out())
        .containsIgnoringCase(why)
        .contains("TEMPORAL_TLS")
        .doesNotContain("\tat ")
        .doesNotContain("Channel Pipeline");
  }
}
