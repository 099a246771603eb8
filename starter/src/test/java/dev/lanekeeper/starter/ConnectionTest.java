package dev.lanekeeper.starter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lanekeeper.client.LaneException;
import dev.lanekeeper.testkit.RunIds;
import dev.lanekeeper.workflow.Owner;
import org.junit.jupiter.api.Test;

/** Only an engine that answers proves that one of its runs is closed. */
final class ConnectionTest {

  @Test
  void run_isProvenClosed_byItsOwnEngine_orBecauseItsEngineEndedWithItsProcess() {
    Connection connection = Connection.embedded();
    Owner own =
        new Owner(connection.engine(), connection.namespace(), "workflow", RunIds.of("run"));
    Owner otherNamespace = new Owner(connection.engine(), "another", "workflow", RunIds.of("run"));
    Owner otherServer =
        new Owner("temporal-1", connection.namespace(), "workflow", RunIds.of("run"));
    Owner embedded = new Owner("embedded-1", connection.namespace(), "workflow", RunIds.of("run"));
    try (connection) {
      assertThat(connection.knows(own)).isTrue();
      assertThat(connection.knows(otherNamespace)).isFalse();
      assertThat(connection.knows(otherServer)).isFalse();
      assertThat(connection.provenClosed(own)).as("a run that the engine does not have").isTrue();
      assertThat(connection.provenClosed(otherServer)).isFalse();
      assertThat(connection.provenClosed(embedded)).isTrue();
    }
    assertThat(connection.provenClosed(own)).as("no answer proves nothing").isFalse();
    assertThatThrownBy(() -> connection.closed(own)).isInstanceOf(LaneException.class);
  }
}
