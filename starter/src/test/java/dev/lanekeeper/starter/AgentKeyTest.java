package dev.lanekeeper.starter;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lanekeeper.testkit.TestLane;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A grant that names an agent's key is of no use to whoever else holds it. */
class AgentKeyTest {

  @TempDir private Path folder;

  private Cli here(Object... words) {
    List<Object> all = new ArrayList<>(List.of(words));
    all.addAll(List.of("--home", folder.resolve("home")));
    return Cli.run(all.toArray());
  }

  private Path key(String name) {
    Path keys = folder.resolve("agents");
    assertThat(Cli.run("key", "new", name, "--dir", keys).exitCode()).isZero();
    return keys.resolve(name);
  }

  @Test
  void grant_thatNamesAnAgentsKey_servesThatAgentOnly() {
    Path agent = key("agent");
    Path thief = key("thief");
    Cli issued = here("grant", "issue", TestLane.FIX7, "--agent-key", agent + ".pub");
    assertThat(issued.exitCode()).as(issued.err()).isZero();
    assertThat(issued.out()).contains("agent    ");

    for (Object[] words :
        new Object[][] {
          {"run", TestLane.FIX7}, {"run", TestLane.FIX7, "--agent-key", thief + ".key"}
        }) {
      Cli refused = here(words);
      assertThat(refused.exitCode()).as(refused.out()).isEqualTo(ExitCode.REJECTED);
      assertThat(refused.err())
          .startsWith("REQUEST_UNPROVEN")
          .contains("a request signed by the agent's key ")
          .contains("--agent-key AGENT.key");
    }
    assertThat(folder.resolve("home/kb/decisions")).doesNotExist();

    Cli applied = here("run", TestLane.FIX7, "--agent-key", agent + ".key");
    assertThat(applied.exitCode()).as(applied.err()).isZero();
  }

  @Test
  void keyThatIsNone_isRefused_beforeAnythingRuns() throws Exception {
    Path agent = key("agent");
    assertThat(here("grant", "issue", TestLane.FIX7, "--agent-key", agent + ".key").err())
        .startsWith("KEY_INVALID");
    Files.delete(Path.of(agent + ".pub"));
    assertThat(here("run", TestLane.FIX7, "--agent-key", agent + ".key").err())
        .startsWith("KEY_MISSING " + agent + ".pub");
  }
}
