package dev.lanekeeper.starter;

import dev.lanekeeper.signature.SigningKey;
import dev.lanekeeper.text.CommandName;
import dev.lanekeeper.worker.LocalKeys;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Path;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Makes key pairs. */
@Command(name = "key", description = "Make keys.", subcommands = KeyCommand.New.class)
final class KeyCommand {

  /** A new key pair. */
  @Command(name = "new", description = "Make an Ed25519 key pair: NAME.key (0600) and NAME.pub.")
  static final class New extends LaneCommand {

    @Parameters(paramLabel = "NAME", description = "The key's name, such as owner.")
    private String name;

    @Option(
        names = "--dir",
        paramLabel = "DIR",
        description = "The folder. Default: keys/ in the home.")
    private Path folder;

    @Override
    String subject() {
      return name;
    }

    @Override
    int perform() throws CommandFailure, IOException {
      Path where = folder == null ? common().homeFolder().resolve("keys") : folder;
      if (!name.matches("[a-z0-9][a-z0-9-]{0,62}")) {
        throw new CommandFailure(
            ExitCode.USAGE,
            CommandCode.KEY_NAME_INVALID,
            name,
            "lower-case letters, digits and hyphens",
            name,
            "choose such a name",
            Shell.lanekeeper(common().with(CommandName.KEY_NEW, "owner")));
      }
      try {
        LocalKeys keys = folder == null ? common().home().keys() : new LocalKeys(where);
        SigningKey key = keys.create(name);
        say("private  " + where.resolve(name + ".key") + " (readable by you only)");
        say("public   " + where.resolve(name + ".pub"));
        say("sha256   " + key.verifyKey().thumbprint());
        if (common().json()) {
          out()
              .println(
                  new Answer(name)
                      .put("status", "CREATED")
                      .put("ownerKey", key.verifyKey().thumbprint().hex())
                      .exit(0)
                      .text());
        }
        return 0;
      } catch (FileAlreadyExistsException e) {
        throw new CommandFailure(
            ExitCode.USAGE,
            CommandCode.KEY_EXISTS,
            name,
            "no key of this name",
            e.getFile(),
            "a key is never overwritten: choose another name",
            Shell.lanekeeper(common().with(CommandName.KEY_NEW, name + "-2")));
      }
    }
  }
}
