package dev.lanekeeper.starter;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Authorities and certificates for one test, made by openssl. */
final class Certificates {

  private static final List<String> KEY =
      List.of("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes");

  private Certificates() {}

  /** An authority: NAME.pem and NAME.key. */
  static void authority(Path folder, String name) throws Exception {
    List<String> words = new ArrayList<>(List.of("req", "-x509", "-days", "2"));
    words.addAll(KEY);
    words.addAll(List.of("-keyout", name + ".key", "-out", name + ".pem", "-subj", "/CN=" + name));
    words.addAll(List.of("-addext", "basicConstraints=critical,CA:TRUE"));
    openssl(folder, words);
  }

  /** A certificate for a host's name: NAME.pem and NAME.key. */
  static void issue(Path folder, String authority, String name, String host) throws Exception {
    List<String> request = new ArrayList<>(List.of("req"));
    request.addAll(KEY);
    request.addAll(
        List.of("-keyout", name + ".key", "-out", name + ".csr", "-subj", "/CN=" + name));
    openssl(folder, request);
    Files.writeString(folder.resolve(name + ".ext"), "subjectAltName=DNS:" + host + "\n");
    openssl(
        folder,
        List.of(
            ("x509 -req -in %1$s.csr -CA %2$s.pem -CAkey %2$s.key -CAcreateserial -days 2"
                    + " -out %1$s.pem -extfile %1$s.ext")
                .formatted(name, authority)
                .split(" ")));
  }

  private static void openssl(Path folder, List<String> words) throws Exception {
    List<String> command = new ArrayList<>(List.of("openssl"));
    command.addAll(words);
    Path log = folder.resolve("openssl.log");
    Process process =
        new ProcessBuilder(command)
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
            .start();
    assertThat(process.waitFor()).as(Files.readString(log)).isZero();
  }
}
