package dev.lanekeeper.hostile;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.stream.Stream;

/** Secrets, and the search for them: as they are, and in Base64 at each of its three offsets. */
final class Canaries {

  private final List<String> forms = new ArrayList<>();

  /** Adds a secret of ASCII characters. */
  Canaries add(String secret) {
    assertThat(secret.length()).as("long enough to be found in Base64").isGreaterThan(16);
    forms.add(secret);
    for (int shift = 0; shift < 3; shift++) {
      String shifted =
          Base64.getEncoder()
              .withoutPadding()
              .encodeToString((" ".repeat(shift) + secret).getBytes(StandardCharsets.US_ASCII));
      // What other bytes than the secret's decide stands at both ends.
      forms.add(shifted.substring(4, shifted.length() - 4));
    }
    return this;
  }

  /** Adds the private keys of a folder: the lines of their bodies. */
  Canaries addKeys(Path folder) throws IOException {
    int keys = 0;
    try (Stream<Path> files = Files.list(folder)) {
      for (Path key : files.filter(f -> f.toString().endsWith(".key")).toList()) {
        for (String line : Files.readAllLines(key)) {
          if (!line.startsWith("-----") && line.length() > 16) {
            // The first characters say only that it is such a key.
            add(line.substring(24));
            keys++;
          }
        }
      }
    }
    assertThat(keys).as("keys in " + folder).isPositive();
    return this;
  }

  /** The secret is in nothing of this text. */
  void absentIn(String what, String text) {
    for (String form : forms) {
      assertThat(text.contains(form)).as("a secret in " + what).isFalse();
    }
  }

  /** The secret is in no name and no file of a folder, but for one of its folders. */
  void absentBelow(Path folder, Path but) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.filter(f -> !f.startsWith(but)).toList()) {
        absentIn("the name " + file.getFileName(), file.getFileName().toString());
        if (Files.isRegularFile(file)) {
          absentIn(
              file.toString(), new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1));
        }
      }
    }
  }

  /** Whether any secret is in a text: for the control that the search finds one. */
  boolean in(String text) {
    return forms.stream().anyMatch(text::contains);
  }
}
