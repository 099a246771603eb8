package dev.lanekeeper.packet;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** What {@code RERUN.sh} of the release says of a packet on disk. */
record Rerun(int exitCode, String out) {

  /** Writes the packet's files into a new folder. */
  static Path write(Map<String, byte[]> files, Path folder) throws IOException {
    for (Map.Entry<String, byte[]> file : files.entrySet()) {
      Path target = folder.resolve(file.getKey());
      Files.createDirectories(target.getParent());
      Files.write(target, file.getValue());
    }
    return folder;
  }

  /**
   * Judges a packet. The launcher stands for the re-execution alone: every other check is the
   * script's own.
   */
  static Rerun judge(Path packet, String key, String launcher) throws Exception {
    Path beside = packet.toAbsolutePath().getParent();
    return run(beside, Map.of(), "--key", key, "--lanekeeper", launcher, packet.toString());
  }

  /** Runs it in a folder. */
  static Rerun run(Path where, Map<String, String> environment, String... words) throws Exception {
    Path script = where.resolve("RERUN.sh");
    Files.write(script, PacketBuilder.rerun());
    ProcessBuilder process = new ProcessBuilder("sh", script.toString());
    process.command().addAll(List.of(words));
    process.environment().putAll(environment);
    Path out = where.resolve("out.txt");
    Process started =
        process
            .directory(where.toFile())
            .redirectErrorStream(true)
            .redirectOutput(out.toFile())
            .start();
    return new Rerun(started.waitFor(), Files.readString(out));
  }
}
