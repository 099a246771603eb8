package dev.lanekeeper.starter;

import dev.lanekeeper.grant.TrustRoot;
import dev.lanekeeper.grant.VerifyKey;
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
    String again() {
      return Shell.lanekeeper(common().with("trust", "add", file.toString(), "--role", "owner"));
    }

    @Override
    int perform() throws CommandFailure, IOException {
      VerifyKey key;
      TrustRoot.Role as;
      try {
        as = TrustRoot.Role.valueOf(role.toUpperCase(Locale.ROOT));
        key = VerifyKey.ofPem(Files.readString(file));
      } catch (IllegalArgumentException | IOException e) {
        throw new CommandFailure(
            ExitCode.USAGE,
            "KEY_INVALID",
            file.toString(),
            "an Ed25519 public key as PEM, and a role among owner, executor, reviewer, approver",
            e instanceof IOException
                ? "a file that cannot be read"
                : "role '" + role + "' or a key that is none",
            "make one with 'lanekeeper key new', or ask its holder for NAME.pub",
            again());
      }
      Home home = common().home();
      try (FileChannel lock = common().lockShared(home, again())) {
        String name = file.getFileName().toString().replace(".pub", "");
        home.trust(as, name, key);
      }
      say("trusted as " + as + ": " + key.thumbprint());
      return 0;
    }
  }
}
