package dev.lanekeeper.worker.health;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.lanekeeper.canonical.Json;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What the port answers. */
class HealthServerTest {

  private final Health health = serve();

  private static Health serve() {
    try {
      return Health.serve("127.0.0.1", 0);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  @AfterEach
  void close() {
    health.close();
  }

  private HttpResponse<String> request(String method, String path) throws Exception {
    return HttpClient.newHttpClient()
        .send(
            HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + health.port() + path))
                .method(method, HttpRequest.BodyPublishers.noBody())
                .build(),
            HttpResponse.BodyHandlers.ofString());
  }

  private JsonNode json(int status, String path) throws Exception {
    HttpResponse<String> response = request("GET", path);
    assertThat(response.statusCode()).as(response.body()).isEqualTo(status);
    return Json.parse(response.body().getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void process_livesAndIsNotReady_beforeItHasStarted() throws Exception {
    assertThat(json(200, "/healthz").path("phase").asText()).isEqualTo("starting");
    assertThat(json(503, "/readyz").path("ready").asBoolean()).isFalse();
  }

  @Test
  void readyz_namesWhatDoesNotAnswer() throws Exception {
    AtomicBoolean gone = new AtomicBoolean(true);
    health.running(
        () -> true,
        List.of(
            new Check("a", () -> {}),
            new Check(
                "b",
                () -> {
                  if (gone.get()) {
                    throw new IOException("gone");
                  }
                })));
    JsonNode body = json(503, "/readyz");
    assertThat(body.path("notAnswering")).hasToString("[\"b\"]");
    assertThat(body.path("checks").path("a").asText()).isEqualTo("answers");
    assertThat(body.path("checks").path("b").asText()).isEqualTo("gone");
    assertThat(json(200, "/healthz").path("alive").asBoolean()).isTrue();
    gone.set(false);
    while (request("GET", "/readyz").statusCode() != 200) {
      Thread.sleep(100);
    }
    health.draining();
    assertThat(json(503, "/readyz").path("phase").asText()).isEqualTo("draining");
    assertThat(json(200, "/healthz").path("alive").asBoolean()).isTrue();
  }

  @Test
  void healthz_isFalse_whenTheWorkerStoppedOnItsOwn() throws Exception {
    AtomicBoolean takesWork = new AtomicBoolean(true);
    health.running(takesWork::get, List.of());
    json(200, "/healthz");
    takesWork.set(false);
    assertThat(json(503, "/healthz").path("problem").asText()).contains("stopped");
    health.draining();
    json(200, "/healthz");
  }

  @Test
  void metrics_areInPrometheusText_withTheMemoryOfTheJvm() throws Exception {
    HttpResponse<String> metrics = request("GET", "/metrics");
    assertThat(metrics.statusCode()).isEqualTo(200);
    assertThat(metrics.headers().firstValue("Content-Type").orElse(""))
        .isEqualTo("text/plain; version=0.0.4; charset=utf-8");
    assertThat(metrics.body()).contains("# TYPE jvm_memory_used_bytes gauge");
  }

  @Test
  void otherRequests_areRefused() throws Exception {
    assertThat(request("POST", "/healthz").statusCode()).isEqualTo(405);
    assertThat(request("GET", "/").statusCode()).isEqualTo(404);
    assertThat(request("GET", "/healthz/x").statusCode()).isEqualTo(404);
    assertThat(request("HEAD", "/healthz").statusCode()).isEqualTo(200);
  }

  @Test
  void requests_thatNeverEnd_doNotSilenceIt() throws Exception {
    List<Socket> slow = new ArrayList<>();
    try {
      for (int i = 0; i < 8; i++) {
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), health.port());
        socket.getOutputStream().write('G');
        slow.add(socket);
      }
      assertThat(request("GET", "/healthz").statusCode()).isEqualTo(200);
    } finally {
      for (Socket socket : slow) {
        socket.close();
      }
    }
  }

  @Test
  void port_thatIsTaken_isRefused() {
    assertThatThrownBy(() -> Health.serve("127.0.0.1", health.port()))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("in use");
  }
}
