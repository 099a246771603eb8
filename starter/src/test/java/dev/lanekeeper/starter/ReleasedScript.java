package dev.lanekeeper.starter;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lanekeeper.packet.PacketBuilder;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The RERUN.sh of the release, which no packet can change.
 *
 * @param file the script
 * @param launcher starts the program as built
 */
record ReleasedScript(Path file, Path launcher) {

  /** Writes both into a folder. */
  static ReleasedScript in(Path folder) throws Exception {
    Path file = folder.resolve("RERUN.sh");
    Files.write(file, PacketBuilder.rerun());
    return new ReleasedScript(file, Jar.launcher(folder));
  }

  /** Runs it; what it prints goes to a file in the folder. */
  Jar.Result run(Path folder, Path packet, String owner) throws Exception {
    return Jar.sh(folder, file, "--key", owner, "--lanekeeper", launcher, packet);
  }

  /** Asks the script and {@code lanekeeper verify}, and wants one answer. */
  int judge(Path folder, Path packet, String owner) throws Exception {
    Jar.Result script = run(folder, packet, owner);
    Cli verify = Cli.run("verify", packet, "--key", owner);
    assertThat(verify.exitCode())
        .as("RERUN.sh said:\n%s\nverify said:\n%s%s", script.out(), verify.out(), verify.err())
        .isEqualTo(script.exitCode());
    boolean pass = script.out().contains("PASS packet");
    assertThat(pass).isEqualTo(script.exitCode() == 0);
    return script.exitCode();
  }
}
