package dev.lanekeeper.workflow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.NullAndEmptySource;
import org.junit.jupiter.params.provider.ValueSource;

/** A run's id is the name of a folder. */
final class RunIdTest {

  @Test
  void runId_asTheServiceGivesIt_isOne() {
    String uuid = "0a1b2c3d-0000-4000-8000-00000000000f";
    assertThat(new RunId(uuid).value()).isEqualTo(uuid);
    assertThat(new RunId(uuid)).hasToString(uuid);
  }

  @ParameterizedTest
  @NullAndEmptySource
  @ValueSource(
      strings = {
        "..",
        "../0a1b2c3d-0000-4000-8000-00000000000f",
        "0a1b2c3d-0000-4000-8000-00000000000f/..",
        "0A1B2C3D-0000-4000-8000-00000000000F",
        "0a1b2c3d-0000-4000-8000-00000000000f\n",
        "0a1b2c3d-0000-4000-8000-00000000000",
        "0a1b2c3d000040008000000000000000000f"
      })
  void runId_thatIsAPathOrAnotherForm_isRefused(String value) {
    assertThatThrownBy(() -> new RunId(value)).isInstanceOf(IllegalArgumentException.class);
  }
}
