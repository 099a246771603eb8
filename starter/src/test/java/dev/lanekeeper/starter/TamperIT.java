package dev.lanekeeper.starter;

import java.nio.file.Path;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;

/**
 * The release's RERUN.sh and {@code lanekeeper verify}, which must give the same answer to every
 * tampered packet. {@link RerunIT} has a sample.
 */
@Tag("full") // a process and a shell for each of more than a hundred packets
class TamperIT extends Tampering {

  @TempDir private static Path program;
  @TempDir private Path output;

  private static ReleasedScript script;

  @BeforeAll
  static void writeScript() throws Exception {
    script = ReleasedScript.in(program);
  }

  @Override
  int judge(Path packet, String owner) throws Exception {
    return script.judge(output, packet, owner);
  }
}
