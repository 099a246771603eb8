package dev.lanekeeper.starter;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lanekeeper.canonical.Json;
import dev.lanekeeper.grant.TrustRoot;
import dev.lanekeeper.signature.VerifyKey;
import dev.lanekeeper.text.CommandName;
import dev.lanekeeper.worker.Home;
import dev.lanekeeper.worker.LocalKeys;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The trust root. */
@Command(
    name = "trust",
    description = "Say whom to trust.",
    subcommands = {TrustCommand.Add.class, TrustCommand.ListKeys.class, TrustCommand.Remove.class})
final class TrustCommand {

  /** What the commands of the trust root have in common. */
  abstract static class OfRole extends LaneCommand {

    final TrustRoot.Role role(String name) throws CommandFailure {
      try {
        return TrustRoot.Role.valueOf(name.toUpperCase(Locale.ROOT));
      } catch (IllegalArgumentException e) {
        throw new CommandFailure(
            ExitCode.USAGE,
            CommandCode.ROLE_INVALID,
            "--role",
            "owner, executor, reviewer or approver",
            name,
            "say what the key may sign",
            help());
      }
    }
  }

  private static String word(TrustRoot.Role role) {
    return role.name().toLowerCase(Locale.ROOT);
  }

  /** Adds a key. */
  @Command(
      name = "add",
      description = "Trust a public key in a role, also one that was removed from it.")
  static final class Add extends OfRole {

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
      TrustRoot.Role as = role(role);
      VerifyKey key = LocalKeys.publicKey(file);
      String name = words("FILE", file.getFileName().toString().replace(".pub", ""), NAME);
      Home home = common().home();
      try (FileChannel lock = common().lockShared(home, again())) {
        home.trust(as, name, key);
      }
      say("trusted as " + as + ": " + key.thumbprint());
      return 0;
    }
  }

  /** Shows the keys. */
  @Command(name = "list", description = "Show the keys that are trusted, and those that were.")
  static final class ListKeys extends LaneCommand {

    @Override
    String subject() {
      return "trust";
    }

    @Override
    int perform() throws IOException {
      TrustRoot trust = common().home().trustRoot();
      ObjectNode found = Json.object();
      ArrayNode keys = found.putArray("keys");
      trust.keys().forEach(entry -> show(keys, entry, "trusted"));
      trust.removed().forEach(entry -> show(keys, entry, "removed"));
      if (common().json()) {
        print(found.put("revocationEpoch", trust.revocationEpoch()));
      } else if (keys.isEmpty()) {
        say("no keys: the first command that needs an owner makes one");
      }
      return 0;
    }

    private void show(ArrayNode keys, TrustRoot.Entry entry, String state) {
      String thumbprint = entry.key().thumbprint().hex();
      keys.addObject()
          .put("role", word(entry.role()))
          .put("name", entry.name())
          .put("thumbprint", thumbprint)
          .put("state", state);
      say("%-8s  %-7s  %s  %s".formatted(word(entry.role()), state, thumbprint, entry.name()));
    }
  }

  /** Removes a key. */
  @Command(
      name = "remove",
      description = {
        "Trust a key no longer. The next commit already is judged without it, and it stays removed",
        "until 'trust add' names it again: a worker that holds it does not start."
      })
  static final class Remove extends OfRole {

    @Parameters(
        paramLabel = "THUMBPRINT|NAME",
        description = "The key's SHA-256 thumbprint, or its name, as 'trust list' shows them.")
    private String which;

    @Option(
        names = "--role",
        paramLabel = "ROLE",
        description = "Only in this role. Default: in each that it has.")
    private String role;

    @Option(
        names = "--force",
        description =
            "Also the last owner. Then nobody can sign a grant for this home, nor one to withdraw"
                + " an applied run, until another owner is trusted.")
    private boolean force;

    @Override
    String subject() {
      return which;
    }

    @Override
    int perform() throws CommandFailure, IOException {
      Optional<TrustRoot.Role> only = role == null ? Optional.empty() : Optional.of(role(role));
      Home home = common().home();
      try (FileChannel lock = common().lockShared(home, again())) {
        TrustRoot trust = home.trustRoot();
        List<TrustRoot.Entry> meant = meant(trust.keys(), only);
        if (meant.isEmpty()) {
          if (meant(trust.removed(), only).isEmpty()) {
            throw unknown();
          }
          say("removed already: " + which);
          return 0;
        }
        requireOneKey(meant);
        requireAnotherOwner(trust, meant);
        for (TrustRoot.Entry entry : meant) {
          home.changeTrust(root -> root.without(entry.role(), entry.key().thumbprint()));
          say("trusted no longer as " + entry.role() + ": " + entry.key().thumbprint());
        }
      }
      return 0;
    }

    private List<TrustRoot.Entry> meant(
        List<TrustRoot.Entry> entries, Optional<TrustRoot.Role> only) {
      Stream<TrustRoot.Entry> ofRole =
          entries.stream().filter(e -> only.isEmpty() || only.get() == e.role());
      return ofRole
          .filter(e -> e.name().equals(which) || e.key().thumbprint().hex().equals(which))
          .toList();
    }

    private CommandFailure unknown() {
      return new CommandFailure(
          ExitCode.USAGE,
          CommandCode.KEY_UNKNOWN,
          which,
          "the name or the thumbprint of a key that this home trusts",
          "none such" + (role == null ? "" : " as " + role),
          "look for it in the list",
          Shell.lanekeeper(common().with(CommandName.TRUST_LIST)));
    }

    /** A name is not a key: two may have the same one. */
    private void requireOneKey(List<TrustRoot.Entry> meant) throws CommandFailure {
      List<String> keys = meant.stream().map(e -> e.key().thumbprint().hex()).distinct().toList();
      if (keys.size() > 1) {
        throw new CommandFailure(
            ExitCode.USAGE,
            CommandCode.KEY_AMBIGUOUS,
            which,
            "the name of one key",
            keys.stream().collect(Collectors.joining(", ")),
            "name the key by its thumbprint",
            Shell.lanekeeper(common().with(CommandName.TRUST_REMOVE, keys.get(0))));
      }
    }

    private void requireAnotherOwner(TrustRoot trust, List<TrustRoot.Entry> meant)
        throws CommandFailure {
      boolean owner = meant.stream().anyMatch(e -> e.role() == TrustRoot.Role.OWNER);
      if (owner && !force && trust.of(TrustRoot.Role.OWNER).size() == 1) {
        throw new CommandFailure(
            ExitCode.USAGE,
            CommandCode.LAST_OWNER,
            which,
            "another owner, who can sign grants afterwards",
            "the only one: nobody could allow a lane or a withdrawal any more",
            "trust another owner first, or say that you mean it",
            again() + " --force");
      }
    }
  }
}
