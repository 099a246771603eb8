package dev.lanekeeper.worker.health;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.lanekeeper.canonical.Json;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.BooleanSupplier;

/**
 * Serves {@code /healthz}, {@code /readyz} and {@code /metrics}. It knows no secret and takes no
 * order: only GET and HEAD are answered.
 */
public final class HealthServer implements AutoCloseable {

  private static final int THREADS = 4;
  private static final String JSON = "application/json";

  private final HttpServer server;
  private final ExecutorService threads =
      Executors.newFixedThreadPool(
          THREADS,
          work -> {
            Thread thread = new Thread(work, "lanekeeper-health");
            thread.setDaemon(true);
            return thread;
          });
  private final Readiness readiness;
  private final Metrics metrics;
  private volatile BooleanSupplier takesWork = () -> true;

  private HealthServer(HttpServer server, Readiness readiness, Metrics metrics) {
    this.server = server;
    this.readiness = readiness;
    this.metrics = metrics;
  }

  /**
   * Binds and serves.
   *
   * @param port the port; 0 for any free one
   * @throws IOException when the address cannot be listened on
   */
  public static HealthServer start(String host, int port, Readiness readiness, Metrics metrics)
      throws IOException {
    InetSocketAddress address = new InetSocketAddress(host, port);
    if (address.isUnresolved()) {
      throw new IOException("the host " + host + " has no address");
    }
    limitRequests();
    HttpServer http = HttpServer.create(address, 0);
    HealthServer health = new HealthServer(http, readiness, metrics);
    http.createContext("/", health::answer);
    http.setExecutor(health.threads);
    http.start();
    return health;
  }

  /**
   * Whoever begins a request and does not end it would keep a thread for ever. The JDK's server
   * reads these limits, in seconds, once a process.
   */
  private static void limitRequests() {
    for (String limit : new String[] {"maxReqTime", "maxRspTime"}) {
      String name = "sun.net.httpserver." + limit;
      System.setProperty(name, System.getProperty(name, "5"));
    }
  }

  /** The port that is listened on. */
  public int port() {
    return server.getAddress().getPort();
  }

  /** From now on the process counts as alive while this holds, or while it drains. */
  public void watch(BooleanSupplier worker) {
    takesWork = worker;
  }

  private void answer(HttpExchange exchange) throws IOException {
    try (exchange) {
      String method = exchange.getRequestMethod();
      if (!method.equals("GET") && !method.equals("HEAD")) {
        exchange.getResponseHeaders().set("Allow", "GET, HEAD");
        send(exchange, 405, "text/plain; charset=utf-8", "GET or HEAD\n");
        return;
      }
      switch (exchange.getRequestURI().getPath()) {
        case "/healthz" -> health(exchange);
        case "/readyz" -> ready(exchange);
        case "/metrics" ->
            send(exchange, 200, "text/plain; version=0.0.4; charset=utf-8", metrics.text());
        default ->
            send(exchange, 404, "text/plain; charset=utf-8", "/healthz, /readyz or /metrics\n");
      }
    }
  }

  private void health(HttpExchange exchange) throws IOException {
    Readiness.Phase phase = readiness.phase();
    boolean lives = phase != Readiness.Phase.RUNNING || takesWork.getAsBoolean();
    ObjectNode body = Json.object().put("alive", lives).put("phase", word(phase));
    if (!lives) {
      body.put("problem", "the worker has stopped taking work");
    }
    send(exchange, lives ? 200 : 503, JSON, text(body));
  }

  private void ready(HttpExchange exchange) throws IOException {
    Readiness.Report report = readiness.report();
    ObjectNode body = Json.object().put("ready", report.ready()).put("phase", word(report.phase()));
    ArrayNode notAnswering = body.putArray("notAnswering");
    ObjectNode checks = body.putObject("checks");
    for (Readiness.Finding finding : report.findings()) {
      checks.put(finding.name(), finding.problem().orElse("answers"));
      if (finding.problem().isPresent()) {
        notAnswering.add(finding.name());
      }
    }
    send(exchange, report.ready() ? 200 : 503, JSON, text(body));
  }

  private static String word(Readiness.Phase phase) {
    return phase.name().toLowerCase(Locale.ROOT);
  }

  private static String text(ObjectNode body) {
    return body.toPrettyString() + "\n";
  }

  private static void send(HttpExchange exchange, int status, String type, String body)
      throws IOException {
    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
    exchange.getResponseHeaders().set("Content-Type", type);
    exchange.getResponseHeaders().set("Cache-Control", "no-store");
    boolean head = exchange.getRequestMethod().equals("HEAD");
    exchange.sendResponseHeaders(status, head ? -1 : bytes.length);
    if (!head) {
      exchange.getResponseBody().write(bytes);
    }
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }
}
