package dev.lanekeeper.starter;

import dev.lanekeeper.grant.TrustRoot;
import dev.lanekeeper.signature.VerifyKey;
import dev.lanekeeper.worker.Home;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The trust root. */
@Command(name = "trust", description = "Say whom to trust.", subcommands = TrustCommand.Add.class)
final class TrustCommand {

  /** Adds a key. */
  @Command(name = "add", description = "Trust a public key in a role.")
  static final class Add extends LaneCommand {

    @Parameters(paramLabel = "FILE", description = "A public key as PEM (NAME.pub).")
    private Path file;

    @Option(
        names = "--role",
        paramLabel = "ROLE",
        required = true,
        description = "owner, executor, reviewer or approver.")
    private String role;

    @Override
    String subject() {
      return file.toString();
    }

    @Override
    int perform() throws CommandFailure, IOException {
      TrustRoot.Role as = role();
      VerifyKey key = key();
      Home home = common().home();
      try (FileChannel lock = common().lockShared(home, again())) {
        String name = file.getFileName().toString().replace(".pub", "");
        home.trust(as, name, key);
      }
      say("trusted as " + as + ": " + key.thumbprint());
      return 0;
    }

    private TrustRoot.Role role() throws CommandFailure {
      try {
        return TrustRoot.Role.valueOf(role.toUpperCase(Locale.ROOT));
      } catch (IllegalArgumentException e) {
        throw new CommandFailure(
            ExitCode.USAGE,
            "ROLE_INVALID",
            "--role",
            "owner, executor, reviewer or approver",
            role,
            "say what the key may sign",
            help());
      }
    }

    private VerifyKey key() throws CommandFailure {
      try {
        return VerifyKey.ofPem(Files.readString(file));
      } catch (IllegalArgumentException | IOException e) {
        throw new CommandFailure(
            ExitCode.USAGE,
            "KEY_INVALID",
            file.toString(),
            "an Ed25519 public key as PEM",
            e instanceof IOException ? "a file that cannot be read" : "something else",
            "make one with 'lanekeeper key new', or ask its holder for NAME.pub",
            again());
      }
    }
  }
}
