package dev.lanekeeper.starter;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;

/** {@code lanekeeper verify} in this process. What it says, RERUN.sh says too: {@link TamperIT}. */
class TamperedPacketTest extends Tampering {

  @Override
  int judge(Path packet, String owner) {
    Cli verify = Cli.run("verify", packet, "--key", owner);
    assertThat(verify.out().contains("PASS packet")).isEqualTo(verify.exitCode() == 0);
    return verify.exitCode();
  }
}
