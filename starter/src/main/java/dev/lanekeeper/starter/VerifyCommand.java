package dev.lanekeeper.starter;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lanekeeper.canonical.Json;
import dev.lanekeeper.evidence.FileTree;
import dev.lanekeeper.files.FaultText;
import dev.lanekeeper.files.Named;
import dev.lanekeeper.files.Rights;
import dev.lanekeeper.files.Root;
import dev.lanekeeper.kb.LedgerEntry;
import dev.lanekeeper.kb.LedgerState;
import dev.lanekeeper.packet.BesidePacket;
import dev.lanekeeper.packet.PacketVerifier;
import dev.lanekeeper.verdict.RejectCode;
import dev.lanekeeper.worker.Home;
import dev.lanekeeper.workflow.Owner;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Checks a packet as RERUN.sh does. */
@Command(
    name = "verify",
    description =
        "Check an evidence packet as its RERUN.sh does: 0 PASS, 10 integrity, 11 signature, 12"
            + " re-execution differs, 13 a check could not be made, 14 the run has another end now.")
final class VerifyCommand extends LaneCommand {

  /** More than any packet holds, and less than memory. */
  private static final long LIMIT = 256L << 20;

  /** The packet passes, and its run has another end now. */
  private static final int CHANGED_SINCE = 14;

  @Parameters(
      paramLabel = "PACKET_DIR",
      description = "The packet, or the folder of its run with the reports.")
  private Path folder;

  @Option(
      names = "--key",
      paramLabel = "SHA256",
      description = "The owner key's thumbprint, from the owner and not from the packet.")
  private String key;

  @Option(
      names = "--against",
      paramLabel = "HOME",
      description = "Ask the ledger of this home also what became of the run since.")
  private Path against;

  private Map<String, byte[]> files = Map.of();

  @Override
  String subject() {
    return folder.toString();
  }

  @Override
  int perform() throws CommandFailure, IOException {
    if (!Named.isFolder(folder)) {
      throw new CommandFailure(
          PacketVerifier.Answer.INCOMPLETE.exitCode(),
          PacketVerifier.Answer.INCOMPLETE,
          folder.toString(),
          "the folder of a packet",
          Named.isThere(folder) ? "a file" : "nothing",
          "name the folder 'packet' of a run, as the run printed it",
          help());
    }
    PacketVerifier.Finding finding = verify();
    Optional<String> since =
        against != null && finding.answer() == PacketVerifier.Answer.PASS
            ? since(new Home(against, Clock.systemUTC()))
            : Optional.empty();
    boolean changed = since.filter(now -> !finding.end().equals(Optional.of(now))).isPresent();
    if (common().json()) {
      ObjectNode out = PacketVerifier.json(finding);
      out.put("packet", folder.toAbsolutePath().toString());
      out.put("end", finding.end().orElse(null));
      out.put("endNow", since.orElse(null));
      print(out);
    } else {
      finding.checks().forEach(check -> say("ok  " + check));
      if (finding.answer() == PacketVerifier.Answer.PASS) {
        out().println("PASS packet of a lane that ended " + finding.end().orElse("unknown"));
        since.ifPresent(
            now ->
                out()
                    .println(
                        (changed ? "SINCE " : "now ") + now + ", by the ledger of " + against));
      }
    }
    if (finding.answer() != PacketVerifier.Answer.PASS) {
      warn(finding.answer() + ": " + finding.problem().orElse(""));
      String again = key == null ? again() + " --key OWNER_SHA256" : again();
      err().println("  command:  " + again);
    }
    return changed ? CHANGED_SINCE : finding.answer().exitCode();
  }

  /**
   * The end of the packet's run now.
   *
   * @throws CommandFailure when the home's ledger does not tell
   */
  private Optional<String> since(Home home) throws CommandFailure, IOException {
    String run = Json.parse(files.get("data/execution-plan.json")).at("/volatile/runId").asText();
    Optional<Owner> owner = Optional.empty();
    LedgerState ledger = new LedgerState(List.of());
    if (home.hasKnowledgeBase()) {
      ledger = home.reader().ledger();
      owner =
          ledger
              .all(LedgerEntry.RunEnded.class)
              .map(LedgerEntry.RunEnded::owner)
              .filter(o -> o.runId().value().equals(run))
              .findFirst();
    }
    if (owner.isEmpty()) {
      throw new CommandFailure(
          PacketVerifier.Answer.INCOMPLETE.exitCode(),
          RejectCode.RUN_UNKNOWN,
          home.folder().toString(),
          "the end of run " + run + " in its ledger",
          home.hasKnowledgeBase() ? "none" : "no knowledge base",
          "name the home in which the run was made",
          help());
    }
    return Optional.of(LedgerWord.now(ledger, owner.get()));
  }

  /** A run's folder holds its packet, and beside it what the summary signs. */
  private boolean ofARun() {
    return Named.isFolder(folder.resolve("packet")) && !Named.isThere(folder.resolve("data"));
  }

  private PacketVerifier.Finding verify() throws IOException {
    PacketVerifier.Finding finding = verifyPacket();
    if (!ofARun() || finding.answer() != PacketVerifier.Answer.PASS) {
      return finding;
    }
    List<String> checks = new ArrayList<>(finding.checks());
    Map<String, byte[]> beside = new TreeMap<>();
    Root run = Root.at(folder.toRealPath(), Rights.UMASK);
    try {
      for (String name : BesidePacket.names()) {
        run.find(name, LIMIT).ifPresent(bytes -> beside.put(name, bytes));
      }
    } catch (IOException e) {
      return new PacketVerifier.Finding(
          PacketVerifier.Answer.INCOMPLETE, checks, Optional.of(FaultText.of(e)), finding.end());
    }
    Optional<String> problem = BesidePacket.problem(beside, files);
    if (problem.isPresent()) {
      return new PacketVerifier.Finding(
          PacketVerifier.Answer.SIGNATURE, checks, problem, finding.end());
    }
    checks.add("the summary and both reports are those of the packet");
    return new PacketVerifier.Finding(finding.answer(), checks, problem, finding.end());
  }

  private PacketVerifier.Finding verifyPacket() throws IOException {
    try {
      Path packet = ofARun() ? folder.resolve("packet") : folder;
      files = FileTree.read(packet.toRealPath(), LIMIT);
    } catch (IOException e) {
      return new PacketVerifier.Finding(
          // What could not be read says nothing about the packet.
          e instanceof FileTree.OtherKindException
              ? PacketVerifier.Answer.INTEGRITY
              : PacketVerifier.Answer.INCOMPLETE,
          List.of(),
          Optional.of(FaultText.of(e)),
          Optional.empty());
    }
    Path workspace = Named.temporaryFolder("lanekeeper-verify");
    try {
      return new PacketVerifier(files, Optional.ofNullable(key))
          .verify(workspace.resolve("re-execution"));
    } finally {
      FileTree.delete(workspace);
    }
  }
}
