package dev.lanekeeper.starter;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lanekeeper.canonical.Json;
import dev.lanekeeper.testkit.TestLane;
import dev.lanekeeper.worker.Home;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The owner signs where the owner's key is, without the workers' home. */
class GrantElsewhereTest {

  @TempDir private Path folder;

  private Path key;
  private Path trust;
  private Path grant;
  private String kb;

  private Path home() {
    return folder.resolve("workers");
  }

  private Path nowhere() {
    return folder.resolve("nowhere");
  }

  private static void done(Cli command) {
    assertThat(command.exitCode()).as(command.err()).isZero();
  }

  /** A home whose owner is elsewhere, and where workers have run: a lane waits for a grant. */
  @BeforeEach
  void workersRun() throws Exception {
    Path keys = folder.resolve("owner");
    done(Cli.run("key", "new", "boss", "--dir", keys));
    key = keys.resolve("boss.key");
    done(Cli.run("trust", "add", keys.resolve("boss.pub"), "--role", "owner", "--home", home()));
    Cli held = Cli.run("run", TestLane.FIX7, "--home", home(), "--json");
    assertThat(held.json().at("/reject/code").asText()).isEqualTo("GRANT_MISSING");
    assertThat(held.json().at("/hold/nextCommand").asText()).doesNotContain("grant issue");
    kb = new Home(home(), Clock.systemUTC()).reader().identity().id();
    trust = Files.copy(home().resolve("trust/root.json"), folder.resolve("root.json"));
    grant = folder.resolve("grant.json");
  }

  private Cli issue(String kbId, Path workerKeys, Object... more) {
    List<Object> words =
        new ArrayList<>(List.of("grant", "issue", TestLane.FIX7, "--kb", kbId, "--worker-keys"));
    words.addAll(List.of(workerKeys, "--home", nowhere()));
    words.addAll(List.of(more));
    return Cli.run(words.toArray());
  }

  @Test
  void grant_signedWithoutTheWorkersHome_serves_andNothingIsWrittenBesideIt() {
    Cli issued = issue(kb, trust, "--key", key, "--out", grant);
    done(issued);
    assertThat(issued.out()).contains("for      knowledge base " + kb).doesNotContain("note:");
    assertThat(nowhere()).doesNotExist();
    done(Cli.run("run", TestLane.FIX7, "--home", home(), "--grant", grant));
  }

  @Test
  void grant_forAnotherKnowledgeBase_isHeldThere() {
    done(issue("kb-other", trust, "--key", key, "--out", grant));
    Cli held = Cli.run("run", TestLane.FIX7, "--home", home(), "--grant", grant, "--json");
    assertThat(held.json().at("/reject/code").asText()).isEqualTo("GRANT_KB_MISMATCH");
  }

  @Test
  void ownerWhomTheWorkersDoNotTrust_isTold() {
    done(Cli.run("key", "new", "other", "--dir", folder.resolve("owner")));
    Cli issued = issue(kb, trust, "--key", folder.resolve("owner/other.key"), "--out", grant);
    done(issued);
    assertThat(issued.out()).contains("note: the workers do not trust that key as an owner yet");
  }

  @Test
  void whatIsMissingOrAmbiguous_isNamed_andNoGrantIsWritten() throws Exception {
    assertThat(issue(kb, trust, "--out", grant).err())
        .startsWith("KEY_MISSING")
        .contains("--key OWNER.key");
    assertThat(issue(kb, trust, "--key", key).err()).startsWith("OPTION_INVALID --out");
    assertThat(issue("no id", trust, "--key", key, "--out", grant).err())
        .startsWith("OPTION_INVALID --kb");
    assertThat(issue(kb, key, "--key", key, "--out", grant).err())
        .startsWith("OPTION_INVALID --worker-keys")
        .doesNotContain("PRIVATE");
    ObjectNode root = (ObjectNode) Json.parse(Files.readAllBytes(trust));
    ((ArrayNode) root.path("keys")).removeIf(k -> k.path("role").asText().equals("REVIEWER"));
    Files.write(trust, Json.pretty(root));
    assertThat(issue(kb, trust, "--key", key, "--out", grant).err())
        .contains("one key of the role reviewer")
        .contains("none: no worker has run there yet");
    assertThat(grant).doesNotExist();
    assertThat(nowhere()).doesNotExist();
  }
}
