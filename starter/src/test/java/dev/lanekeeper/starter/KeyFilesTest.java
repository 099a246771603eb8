package dev.lanekeeper.starter;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lanekeeper.canonical.Json;
import dev.lanekeeper.signature.SigningKey;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Consumer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Keys and grants in files that people and other programs wrote. */
class KeyFilesTest {

  @TempDir private Path folder;
  private final SigningKey key = SigningKey.generate();
  private Path lane;

  @BeforeEach
  void prepare() throws Exception {
    lane = folder.resolve("lane");
    SmallLane.write(lane, 1);
    assertThat(here("kb", "create", "--environment", "no-production").exitCode()).isZero();
    keys(pem -> pem);
  }

  private Cli here(Object... words) {
    Object[] all = java.util.Arrays.copyOf(words, words.length + 2);
    all[words.length] = "--home";
    all[words.length + 1] = folder.resolve("home");
    return Cli.run(all);
  }

  private Path file(String name) {
    return folder.resolve(name);
  }

  private void keys(java.util.function.UnaryOperator<String> form) throws Exception {
    Files.writeString(file("o.key"), form.apply(key.privatePem()));
    Files.writeString(file("o.pub"), form.apply(key.verifyKey().pem()));
  }

  @ParameterizedTest
  @ValueSource(strings = {"\r\n", "\r", "\n\n"})
  void key_withOtherLineEnds_isTrusted_andSigns(String lineEnd) throws Exception {
    keys(pem -> pem.trim().replace("\n", lineEnd));
    assertThat(here("trust", "add", file("o.pub"), "--role", "owner").exitCode()).isZero();
    Cli issued = here("grant", "issue", lane, "--key", file("o.key"));
    assertThat(issued.exitCode()).as(issued.err()).isZero();
    assertThat(issued.out()).contains(key.verifyKey().thumbprint().hex()).doesNotContain("note:");
  }

  @Test
  void key_thatIsEncrypted_isNamed() throws Exception {
    Files.writeString(
        file("o.key"), key.privatePem().replace("PRIVATE KEY", "ENCRYPTED PRIVATE KEY"));
    Cli issued = here("grant", "issue", lane, "--key", file("o.key"));
    assertThat(issued.exitCode()).isEqualTo(ExitCode.USAGE);
    assertThat(issued.err())
        .startsWith("KEY_INVALID " + file("o.key"))
        .contains("found:    an encrypted private key")
        .contains("without a password");
  }

  @Test
  void key_ofWhichAFileIsMissing_namesThatFile() throws Exception {
    Files.delete(file("o.pub"));
    Cli issued = here("grant", "issue", lane, "--key", file("o.key"));
    assertThat(issued.err())
        .startsWith("KEY_MISSING " + file("o.pub"))
        .contains("expected: the public half of " + file("o.key"));
    Files.delete(file("o.key"));
    assertThat(here("approve", lane, "--key", file("o.key")).err())
        .startsWith("KEY_MISSING " + file("o.key"));
  }

  /** A file that is named is the one that is opened, whatever its ending. */
  @Test
  void key_underAnotherEnding_isFoundBesideItsPublicHalf() throws Exception {
    Files.move(file("o.key"), file("o.pem"));
    assertThat(here("grant", "issue", lane, "--key", file("o.pem")).exitCode()).isZero();
  }

  /** Another user's key file may be kept away from whoever plans and delegates. */
  @Test
  void privateKeys_areOpenedOnlyToSign() throws Exception {
    assertThat(here("grant", "issue", lane).exitCode()).isZero();
    for (String worker : new String[] {"executor", "reviewer"}) {
      Files.writeString(folder.resolve("home/keys/" + worker + ".key"), "kept away");
    }
    Cli issued = here("grant", "issue", lane);
    assertThat(issued.exitCode()).as(issued.err()).isZero();
    Files.writeString(folder.resolve("home/keys/owner.key"), "kept away");
    Cli planned = here("plan", lane);
    assertThat(planned.exitCode()).as(planned.err()).isZero();
    assertThat(planned.out()).contains("a stored one that is valid until");
    assertThat(here("run", lane).err()).startsWith("KEY_INVALID ");
  }

  @ParameterizedTest
  @ValueSource(strings = {"no keyid", "URL-safe", "another signature", "an unknown field"})
  void grant_inAFormThatItsStandardAllows_serves(String form) throws Exception {
    assertThat(here("trust", "add", file("o.pub"), "--role", "owner").exitCode()).isZero();
    Path grant = file("grant.json");
    assertThat(here("grant", "issue", lane, "--key", file("o.key"), "--out", grant).exitCode())
        .isZero();
    ObjectNode envelope = (ObjectNode) Json.parse(Files.readAllBytes(grant));
    ObjectNode signature = (ObjectNode) envelope.at("/signatures/0");
    switch (form) {
      case "no keyid" -> signature.remove("keyid");
      case "URL-safe" -> {
        urlSafe(envelope, "payload");
        urlSafe(signature, "sig");
      }
      case "another signature" ->
          ((ArrayNode) envelope.path("signatures"))
              .insert(0, Json.object().put("keyid", "second").put("sig", "MTEx"));
      default -> envelope.put("note", "from the owner");
    }
    Files.writeString(grant, envelope.toString(), StandardCharsets.UTF_8);
    Path home = file("second");
    Consumer<Object[]> there = words -> assertThat(Cli.run(words).exitCode()).isZero();
    there.accept(new Object[] {"trust", "add", file("o.pub"), "--role", "owner", "--home", home});
    copyIdentity(home);
    Cli run = Cli.run("run", lane, "--grant", grant, "--home", home);
    assertThat(run.out()).as(run.err()).contains("APPLIED");
    Path packet = home.resolve("runs/small-1/latest/packet");
    there.accept(new Object[] {"verify", packet, "--key", key.verifyKey().thumbprint().hex()});
  }

  private static void urlSafe(ObjectNode holder, String field) {
    holder.put(field, holder.path(field).asText().replace('+', '-').replace('/', '_'));
  }

  /** A home with the same knowledge base and workers, in which no grant is stored yet. */
  private void copyIdentity(Path home) throws Exception {
    for (String part : new String[] {"ledger", "keys", "kb"}) {
      try (var files = Files.walk(folder.resolve("home").resolve(part))) {
        for (Path from : (Iterable<Path>) files::iterator) {
          Path to = home.resolve(folder.resolve("home").relativize(from));
          if (Files.isDirectory(from)) {
            Files.createDirectories(to);
          } else {
            Files.copy(from, to, java.nio.file.StandardCopyOption.REPLACE_EXISTING);
          }
        }
      }
    }
  }

  /** A bare word that names a lane and a folder is neither. */
  @Test
  void approval_ofAWordThatIsALaneAndAFolder_isNotGuessed() throws Exception {
    Path bare = Path.of("small-1");
    assertThat(bare).doesNotExist();
    assertThat(here("run", lane).exitCode()).isZero();
    try {
      SmallLane.write(bare, 1);
      Cli both = here("approve", bare, "--key", file("o.key"));
      assertThat(both.exitCode()).isEqualTo(ExitCode.USAGE);
      assertThat(both.err())
          .startsWith("LANE_AMBIGUOUS small-1")
          .contains("both: the folder small-1, and run ")
          .contains("approve ./small-1 --key " + file("o.key"));
      assertThat(here("approve", "./small-1", "--key", file("o.key")).err())
          .startsWith("APPROVAL_INVALID");
    } finally {
      dev.lanekeeper.evidence.FileTree.delete(bare);
    }
  }

  /** An approval that no commit would take is not signed, and not said to be sent. */
  @Test
  void approval_byAKeyThatMayNotApprove_isRefused_andNamesWhatHelps() throws Exception {
    Path file = lane.resolve("lane.yaml");
    String asks =
        Files.readString(file).replace("  next: {", "  approval: {question: May it}\n  next: {");
    Files.writeString(file, asks);
    Cli stranger = here("approve", lane, "--key", file("o.key"));
    assertThat(stranger.exitCode()).isEqualTo(ExitCode.REJECTED);
    assertThat(stranger.err())
        .startsWith("APPROVAL_INVALID")
        .contains("trust add " + file("o.pub") + " --role approver --home ");
    assertThat(here("trust", "add", file("o.pub"), "--role", "approver").exitCode()).isZero();
    assertThat(here("trust", "add", file("o.pub"), "--role", "owner").exitCode()).isZero();
    assertThat(here("grant", "issue", lane, "--key", file("o.key")).exitCode()).isZero();
    Cli owner = here("approve", lane, "--key", file("o.key"));
    assertThat(owner.exitCode()).as(owner.out()).isEqualTo(ExitCode.REJECTED);
    assertThat(owner.err())
        .contains("an approver who does not act in this lane")
        .contains("approve " + lane + " --key APPROVER.key")
        .doesNotContain("trust add");
    assertThat(here("run", lane).exitCode()).isEqualTo(ExitCode.HELD);
  }
}
