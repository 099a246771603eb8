package dev.lanekeeper.starter;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lanekeeper.authority.Grant;
import dev.lanekeeper.canonical.Digest;
import dev.lanekeeper.canonical.Json;
import dev.lanekeeper.canonical.PlainText;
import dev.lanekeeper.evidence.Bundle;
import dev.lanekeeper.files.FaultText;
import dev.lanekeeper.files.Named;
import dev.lanekeeper.grant.RollbackGrant;
import dev.lanekeeper.grant.TrustRoot;
import dev.lanekeeper.kb.LedgerEntry;
import dev.lanekeeper.lane.Id;
import dev.lanekeeper.lane.Plan;
import dev.lanekeeper.signature.Envelope;
import dev.lanekeeper.signature.SigningKey;
import dev.lanekeeper.signature.VerifyKey;
import dev.lanekeeper.text.CommandName;
import dev.lanekeeper.verdict.RejectCode;
import dev.lanekeeper.worker.Home;
import dev.lanekeeper.worker.LocalKeys;
import dev.lanekeeper.workflow.Owner;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Signs, shows, lists and revokes grants. */
@Command(
    name = "grant",
    description = "Sign, read and revoke grants.",
    subcommands = {
      GrantCommand.Issue.class,
      GrantCommand.Rollback.class,
      GrantCommand.Inspect.class,
      GrantCommand.ListGrants.class,
      GrantCommand.Revoke.class
    })
final class GrantCommand {

  private static final int GRANT_BYTES = 16 << 20;

  /** Options of the commands that sign. */
  abstract static class Signing extends LaneCommand {

    @Option(
        names = "--key",
        paramLabel = "FILE",
        description = "The owner's private key (NAME.key, NAME.pub beside it). Default: owner.key.")
    private Path key;

    @Option(
        names = "--valid",
        paramLabel = "DURATION",
        description = "How long, as in ISO 8601. Default: PT4H.")
    private String validity = "PT4H";

    @Option(
        names = "--out",
        paramLabel = "FILE",
        description = "Where to write it. Default: the home's evidence store.")
    private Path file;

    final Duration validity() throws CommandFailure {
      return Durations.positive(validity, help());
    }

    /** Where the grant is to be written, if the command says. */
    final Optional<Path> file() {
      return Optional.ofNullable(file);
    }

    /** Stores a grant, and says what it is. */
    final void store(Home home, SigningKey owner, Envelope grant, String of, Instant expires)
        throws IOException {
      if (file != null) {
        Named.write(file, grant.bytes());
      }
      Digest digest = home.evidence().putGrant(grant.bytes());
      told(file == null ? digest : file, owner, of, expires);
    }

    /** Says what a grant is. */
    final void told(Object where, SigningKey owner, String of, Instant expires) {
      say("grant    " + where);
      say(of);
      say("owner    " + owner.verifyKey().thumbprint());
      say("expires  " + expires);
    }

    /** The owner's key, which this home may have made for it. */
    final SigningKey owner(Home home, Authority authority) throws CommandFailure, IOException {
      if (key == null) {
        authority.becomeOwnerIfNobodyIs();
        return local(authority);
      }
      SigningKey given = LocalKeys.ofFile(key);
      noteUnlessTrusted(given, home.trustRoot(), "this home does");
      return given;
    }

    /** The owner's key for workers of another home; none is made. */
    final SigningKey ownerFor(TrustRoot workers, Authority authority)
        throws CommandFailure, IOException {
      SigningKey owner = key == null ? local(authority) : LocalKeys.ofFile(key);
      noteUnlessTrusted(owner, workers, "the workers do");
      return owner;
    }

    private SigningKey local(Authority authority) throws CommandFailure, IOException {
      return authority
          .localOwner()
          .orElseThrow(
              () ->
                  new CommandFailure(
                      ExitCode.USAGE,
                      CommandCode.KEY_MISSING,
                      subject(),
                      "an owner key on this machine that the trust root trusts",
                      "none",
                      "sign with the file of the owner's key, or ask the owner for a grant",
                      again() + " --key OWNER.key"));
    }

    private void noteUnlessTrusted(SigningKey owner, TrustRoot trust, String who) {
      if (trust.of(TrustRoot.Role.OWNER).stream()
          .noneMatch(k -> k.thumbprint().equals(owner.verifyKey().thumbprint()))) {
        say("note: " + who + " not trust that key as an owner yet");
      }
    }
  }

  /** Signs a grant. */
  @Command(
      name = "issue",
      description = {
        "Sign a grant for exactly one run of this lane on this home's knowledge base.",
        "Where the workers' home is elsewhere: name their knowledge base, and their keys, with",
        "--kb, --worker-keys and --out."
      })
  static final class Issue extends Signing {

    @Parameters(paramLabel = "LANE_DIR", description = "The lane's folder.")
    private Path folder;

    @Option(
        names = "--agent-key",
        paramLabel = "FILE",
        description = {
          "The public key (NAME.pub) of the one agent that may use the grant: its request must be",
          "signed, as 'start --agent-key NAME.key' does. Default: whoever holds the grant may."
        })
    private Path agentKey;

    @Option(
        names = "--kb",
        paramLabel = "ID",
        description = "The id of a knowledge base in another home.")
    private String kb;

    @Option(
        names = "--worker-keys",
        paramLabel = "FILE",
        description = {
          "The public keys of the workers of that home: a copy of its trust/root.json, which holds",
          "nothing secret."
        })
    private Path workerKeys;

    @Override
    String subject() {
      return folder.toString();
    }

    @Override
    int perform() throws CommandFailure, IOException {
      Bundle bundle = bundle(folder);
      Optional<Digest> agent =
          agentKey == null
              ? Optional.empty()
              : Optional.of(LocalKeys.publicKey(agentKey).thumbprint());
      Home home = common().home();
      if (kb != null || workerKeys != null) {
        away(bundle.plan(), new Authority(home), agent);
        return 0;
      }
      NewKnowledgeBase first = NewKnowledgeBase.forLane(this, home, bundle.plan(), folder);
      try (FileChannel lock = common().lockShared(home, again())) {
        first.create();
        Authority authority = new Authority(home);
        SigningKey owner = owner(home, authority);
        Envelope grant =
            authority.issue(bundle.plan(), home.reader().identity(), owner, validity(), agent);
        store(
            home, owner, grant, "plan     " + bundle.plan().digest(), Grant.in(grant).expiresAt());
        agent.ifPresent(key -> say("agent    " + key));
      }
      return 0;
    }

    /** Signs for workers of another home; this one is read at most for the owner's key. */
    private void away(Plan plan, Authority authority, Optional<Digest> agent)
        throws CommandFailure, IOException {
      if (kb == null || workerKeys == null || file().isEmpty()) {
        throw invalid(
            kb == null ? "--kb" : workerKeys == null ? "--worker-keys" : "--out",
            "--kb, --worker-keys and --out together",
            "none");
      }
      try {
        Id.of("--kb", kb);
      } catch (IllegalArgumentException e) {
        throw invalid("--kb", "the id of a knowledge base", PlainText.visible(kb, 100));
      }
      TrustRoot trust = workers();
      Authority.Workers workers =
          new Authority.Workers(
              only(trust, TrustRoot.Role.EXECUTOR),
              only(trust, TrustRoot.Role.REVIEWER),
              trust.revocationEpoch());
      SigningKey owner = ownerFor(trust, authority);
      Envelope grant = authority.issue(plan, kb, workers, owner, validity(), agent);
      Named.write(file().get(), grant.bytes());
      told(file().get(), owner, "plan     " + plan.digest(), Grant.in(grant).expiresAt());
      say("for      knowledge base " + kb + " (" + plan.spec().environment() + ")");
      agent.ifPresent(key -> say("agent    " + key));
    }

    private TrustRoot workers() throws CommandFailure {
      try {
        return TrustRoot.read(Named.read(workerKeys, GRANT_BYTES));
      } catch (IOException | IllegalArgumentException e) {
        throw invalid("--worker-keys", "a copy of the workers' trust/root.json", FaultText.of(e));
      }
    }

    private Digest only(TrustRoot trust, TrustRoot.Role role) throws CommandFailure {
      List<Digest> keys = trust.of(role).stream().map(VerifyKey::thumbprint).toList();
      if (keys.size() != 1) {
        throw invalid(
            "--worker-keys",
            "one key of the role " + role.name().toLowerCase(Locale.ROOT),
            keys.isEmpty() ? "none: no worker has run there yet" : keys.size() + " of them");
      }
      return keys.get(0);
    }
  }

  /** Signs the authorization to withdraw an applied run. */
  @Command(
      name = "rollback",
      description = "Sign a grant to withdraw one applied run of a lane, as 'rollback' then does.")
  static final class Rollback extends Signing {

    @Parameters(paramLabel = "LANE|RUN_ID", description = "The lane's name, or the run's id.")
    private String which;

    @Override
    String subject() {
      return which;
    }

    @Override
    int perform() throws CommandFailure, IOException {
      Home home = common().homeWithKnowledgeBase();
      try (FileChannel lock = common().lockShared(home, again())) {
        Owner run =
            RollbackCommand.applied(home.reader().ledger(), which)
                .map(LedgerEntry.RunOpened::owner)
                .orElseThrow(this::notApplied);
        Authority authority = new Authority(home);
        SigningKey owner = owner(home, authority);
        Envelope grant = authority.issueRollback(run, owner, validity());
        store(home, owner, grant, "run      " + run.runId(), RollbackGrant.in(grant).expiresAt());
      }
      return 0;
    }

    private CommandFailure notApplied() {
      return new CommandFailure(
          ExitCode.USAGE,
          RejectCode.RUN_UNKNOWN,
          which,
          "a lane or run that is applied in this home",
          "none of that name",
          "a run that is not applied is withdrawn without a grant",
          Shell.lanekeeper(common().with(CommandName.ROLLBACK, which)));
    }
  }

  /** Shows a grant. */
  @Command(name = "inspect", description = "Show what a grant says, and who signed it.")
  static final class Inspect extends LaneCommand {

    @Parameters(paramLabel = "FILE", description = "The grant.")
    private Path file;

    @Override
    String subject() {
      return file.toString();
    }

    @Override
    int perform() throws CommandFailure, IOException {
      try {
        Envelope envelope = Envelope.read(Named.read(file, GRANT_BYTES));
        Object grant =
            envelope.payloadType().equals(RollbackGrant.PAYLOAD_TYPE)
                ? RollbackGrant.in(envelope)
                : Grant.in(envelope);
        out()
            .println(
                new String(Json.pretty(Json.tree(grant)), StandardCharsets.UTF_8).stripTrailing());
        err()
            .println(
                envelope
                    .signedBy(common().home().trustRoot().of(TrustRoot.Role.OWNER))
                    .map(k -> "signed by the trusted owner key " + k.thumbprint())
                    .orElse("NOT signed by an owner whom this home trusts"));
        return 0;
      } catch (IOException | IllegalArgumentException e) {
        throw new CommandFailure(
            ExitCode.USAGE,
            RejectCode.GRANT_MALFORMED,
            file.toString(),
            "a DSSE envelope with a grant",
            FaultText.of(e),
            "ask the owner for the grant again",
            again());
      }
    }
  }

  /** Shows the stored grants. */
  @Command(
      name = "list",
      description = "Show every grant that is stored in this home, newest first.")
  static final class ListGrants extends LaneCommand {

    @Override
    String subject() {
      return "grants";
    }

    @Override
    int perform() throws CommandFailure, IOException {
      Home home = common().homeWithKnowledgeBase();
      List<StoredGrants.Line> grants = new StoredGrants(home, Instant.now()).all();
      ObjectNode found = Json.object();
      ArrayNode list = found.putArray("grants");
      for (StoredGrants.Line grant : grants) {
        list.addObject()
            .put("id", grant.id())
            .put("kind", grant.kind())
            .put("lane", grant.lane().orElse(null))
            .put(grant.kind().equals("rollback") ? "run" : "plan", grant.of())
            .put("signedBy", grant.signedBy().orElse(null))
            .put("notBefore", grant.notBefore().map(Instant::toString).orElse(null))
            .put("expiresAt", grant.expiresAt().map(Instant::toString).orElse(null))
            .put("state", grant.state())
            .put("consumedBy", grant.consumedBy().orElse(null));
        say(grant.id());
        say(
            "  state    "
                + grant.state()
                + grant.consumedBy().map(r -> ", by run " + r).orElse(""));
        say("  for      " + grant.kind() + " " + grant.lane().orElse("?") + " " + grant.of());
        say("  signed   " + grant.signedBy().map(by -> "by " + by).orElse("by no trusted owner"));
        say("  until    " + grant.expiresAt().map(Instant::toString).orElse("?"));
      }
      if (common().json()) {
        print(found);
      } else if (grants.isEmpty()) {
        say("no grants");
      }
      return 0;
    }
  }

  /** Revokes a grant. */
  @Command(
      name = "revoke",
      description = {
        "Revoke one grant, from the next commit on: what a lane published under it by then is",
        "withdrawn when the lane wants to publish more."
      })
  static final class Revoke extends LaneCommand {

    @Parameters(paramLabel = "ID", description = "The grant's id, as 'grant list' shows it.")
    private String id;

    @Option(names = "--reason", paramLabel = "TEXT", description = "Why.")
    private String reason;

    @Override
    String subject() {
      return id;
    }

    @Override
    int perform() throws CommandFailure, IOException {
      words("ID", id, NAME);
      String why = reason == null ? "" : words("--reason", reason, NAME);
      Home home = common().homeWithKnowledgeBase();
      try (FileChannel lock = common().lockShared(home, again())) {
        if (home.reader().ledger().revokedGrants().contains(id)) {
          say("revoked already: " + id);
          return 0;
        }
        boolean stored =
            new StoredGrants(home, Instant.now()).all().stream().anyMatch(g -> g.id().equals(id));
        home.knowledgeBase().record(new LedgerEntry.GrantRevoked(id, Common.operator(), why));
        say("revoked " + id);
        if (!stored) {
          say("note: this home has stored no grant of that id; one that comes is revoked");
        }
      }
      return 0;
    }
  }
}
