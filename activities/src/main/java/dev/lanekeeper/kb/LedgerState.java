package dev.lanekeeper.kb;

import dev.lanekeeper.canonical.Digest;
import dev.lanekeeper.lane.Head;
import dev.lanekeeper.lane.IdRange;
import dev.lanekeeper.lane.KbPath;
import dev.lanekeeper.lane.LaneName;
import dev.lanekeeper.lane.Stage;
import dev.lanekeeper.verdict.RejectCode;
import dev.lanekeeper.workflow.LaneEnd;
import dev.lanekeeper.workflow.Owner;
import dev.lanekeeper.workflow.RunId;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What the ledger says at one moment: questions over its facts, answered by reading them.
 *
 * @param lines the facts in order, with their times
 */
public record LedgerState(List<Line> lines) {

  /**
   * A fact with the store's time.
   *
   * @param at when it was appended
   * @param entry the fact
   */
  public record Line(Instant at, LedgerEntry entry) {}

  /** The facts of one type, in order. */
  public <T extends LedgerEntry> Stream<T> all(Class<T> type) {
    return lines.stream().map(Line::entry).filter(type::isInstance).map(type::cast);
  }

  /** The last fact of a type. */
  private static <T> Optional<T> last(Stream<T> facts) {
    return facts.reduce((first, second) -> second);
  }

  /** The next epoch. */
  public long nextEpoch() {
    return all(LedgerEntry.Claimed.class).mapToLong(LedgerEntry.Claimed::epoch).max().orElse(0) + 1;
  }

  /** The current fence of a claim; 0 before the first. */
  public long fence(long epoch) {
    return all(LedgerEntry.FenceRaised.class)
        .filter(f -> f.epoch() == epoch)
        .mapToLong(LedgerEntry.FenceRaised::fence)
        .max()
        .orElse(0);
  }

  /** Whether a claim is being withdrawn, or was to be and its run ended without. */
  public boolean withdrawing(long epoch) {
    return all(LedgerEntry.FenceRaised.class).anyMatch(f -> f.epoch() == epoch && f.withdraws())
        || claim(epoch)
            .flatMap(c -> end(c.owner()))
            .filter(e -> e.end() == LaneEnd.ROLLBACK_FAILED)
            .isPresent();
  }

  /** How a claim ended, if it did: with its record, or with its run's end as applied. */
  public Optional<String> closed(long epoch) {
    return claim(epoch).filter(c -> isApplied(c.owner())).isPresent()
        ? Optional.of(LaneEnd.APPLIED.name())
        : all(LedgerEntry.ClaimClosed.class)
            .filter(c -> c.epoch() == epoch)
            .map(LedgerEntry.ClaimClosed::end)
            .findFirst();
  }

  /** Whether a later claim of the same plan has adopted this one. */
  public boolean adopted(long epoch) {
    return all(LedgerEntry.Claimed.class)
        .anyMatch(c -> c.adoptedFrom().filter(from -> from == epoch).isPresent());
  }

  /** The runs whose claims a claim goes on from, its own among them. */
  public Set<RunId> runsOf(long epoch) {
    return lineage(epoch).stream()
        .flatMap(e -> claim(e).stream())
        .map(c -> c.owner().runId())
        .collect(Collectors.toSet());
  }

  /** The claims that are neither closed nor adopted. */
  public List<LedgerEntry.Claimed> openClaims() {
    return all(LedgerEntry.Claimed.class)
        .filter(c -> closed(c.epoch()).isEmpty() && !adopted(c.epoch()))
        .toList();
  }

  /** The claim with this epoch. */
  public Optional<LedgerEntry.Claimed> claim(long epoch) {
    return all(LedgerEntry.Claimed.class).filter(c -> c.epoch() == epoch).findFirst();
  }

  /** The open claim of an owner. */
  public Optional<LedgerEntry.Claimed> openClaim(Owner owner) {
    return openClaims().stream().filter(c -> c.owner().equals(owner)).findFirst();
  }

  /** The open claim of a plan. */
  public Optional<LedgerEntry.Claimed> openClaim(Digest planDigest) {
    return openClaims().stream().filter(c -> c.planDigest().equals(planDigest)).findFirst();
  }

  /** A claim and those that it goes on from, newest first. */
  public List<Long> lineage(long epoch) {
    List<Long> line = new ArrayList<>();
    Optional<Long> at = Optional.of(epoch);
    while (at.isPresent() && !line.contains(at.get())) {
      line.add(at.get());
      at = claim(at.get()).flatMap(LedgerEntry.Claimed::adoptedFrom);
    }
    return line;
  }

  /** The last intent of each change under a claim and its forerunners, in order of publication. */
  public List<LedgerEntry.Intent> intents(long epoch) {
    List<Long> line = lineage(epoch);
    List<LedgerEntry.Intent> newest = new ArrayList<>();
    all(LedgerEntry.Intent.class)
        .filter(i -> line.contains(i.epoch()))
        .forEach(
            intent -> {
              newest.removeIf(i -> i.changeId().equals(intent.changeId()));
              newest.add(intent);
            });
    return newest;
  }

  /** The newest claim of an owner. */
  public Optional<LedgerEntry.Claimed> lastClaim(Owner owner) {
    return last(all(LedgerEntry.Claimed.class).filter(c -> c.owner().equals(owner)));
  }

  /** The id of the grant that a claim consumed last. */
  public Optional<String> lastGrant(long epoch) {
    return last(all(LedgerEntry.GrantConsumed.class).filter(g -> g.epoch() == epoch))
        .map(LedgerEntry.GrantConsumed::grantId);
  }

  /** What became last of a change, under a claim and its forerunners. */
  public Optional<LedgerEntry.Outcome> lastOutcome(long epoch, String changeId) {
    return last(outcomes(epoch, changeId));
  }

  private Stream<LedgerEntry.Outcome> outcomes(long epoch, String changeId) {
    List<Long> line = lineage(epoch);
    return all(LedgerEntry.Outcome.class)
        .filter(o -> line.contains(o.epoch()) && o.changeId().equals(changeId));
  }

  /**
   * Whether a change was published or withdrawn last, under a claim and its forerunners; what
   * became of attempts that did neither does not count.
   */
  public Optional<String> lastDone(long epoch, String changeId) {
    return last(
        outcomes(epoch, changeId)
            .filter(LedgerState::isEffective)
            .map(LedgerEntry.Outcome::outcome));
  }

  /** Whether an outcome says that something was done; the others say why nothing was. */
  private static boolean isEffective(LedgerEntry.Outcome outcome) {
    return outcome.outcome().equals("PUBLISHED") || outcome.outcome().equals("WITHDRAWN");
  }

  /**
   * Whether the head of a path by the ledger is a claim's own: the newest publication there that
   * was not withdrawn since, with no document added after it.
   */
  public boolean ownsHead(long epoch, KbPath path, Head head) {
    List<Long> own = lineage(epoch);
    Deque<Optional<LedgerEntry.Outcome>> makers = new ArrayDeque<>();
    for (Line line : lines) {
      if (line.entry() instanceof LedgerEntry.Outcome o
          && o.path().equals(path)
          && isEffective(o)) {
        if (o.outcome().equals("PUBLISHED")) {
          makers.push(Optional.of(o));
        } else {
          List<Long> withdrawn = lineage(o.epoch());
          makers.removeIf(m -> m.filter(p -> withdrawn.contains(p.epoch())).isPresent());
        }
      } else if (line.entry() instanceof LedgerEntry.DocumentAdded d && d.path().equals(path)) {
        makers.push(Optional.empty());
      }
    }
    return !makers.isEmpty()
        && makers.peek().filter(o -> own.contains(o.epoch()) && o.head().equals(head)).isPresent();
  }

  /** Whether the publication that an intent announced was refused before the document was there. */
  public boolean refused(LedgerEntry.Intent intent) {
    boolean announced = false;
    for (Line line : lines) {
      if (line.entry().equals(intent)) {
        announced = true;
      } else if (announced
          && line.entry() instanceof LedgerEntry.FenceRaised f
          && f.withdraws()
          && lineage(f.epoch()).contains(intent.epoch())) {
        return false;
      } else if (announced
          && line.entry() instanceof LedgerEntry.Outcome o
          && o.changeId().equals(intent.changeId())
          && o.epoch() == intent.epoch()) {
        return o.outcome().equals("FAILED");
      }
    }
    return false;
  }

  /** Whether an owner is barred from publishing. */
  public boolean barred(Owner owner) {
    return all(LedgerEntry.OwnerBarred.class).anyMatch(b -> b.owner().equals(owner));
  }

  /** When the newest attempt that a run has begun was scheduled. */
  public Instant newestAttempt(Owner owner) {
    return all(LedgerEntry.AttemptBegan.class)
        .filter(a -> a.owner().equals(owner))
        .map(LedgerEntry.AttemptBegan::scheduled)
        .max(Instant::compareTo)
        .orElse(Instant.MIN);
  }

  /** When a run did something last; the epoch when the ledger knows nothing of it. */
  public Instant lastHeard(Owner owner) {
    return last(lines.stream()
            .filter(line -> line.entry().of().filter(owner::equals).isPresent())
            .map(Line::at))
        .orElse(Instant.EPOCH);
  }

  /** The newest record of a stage of a run. */
  public Optional<LedgerEntry.StageRecorded> stage(Owner owner, Stage stage) {
    return last(
        all(LedgerEntry.StageRecorded.class)
            .filter(s -> s.owner().equals(owner) && s.stage() == stage));
  }

  /** The effects of a run. */
  public List<LedgerEntry.EffectRecorded> effects(Owner owner) {
    return all(LedgerEntry.EffectRecorded.class).filter(e -> e.owner().equals(owner)).toList();
  }

  /**
   * The grants that a run of this plan can no longer use: those consumed by a claim that is closed
   * or of another plan. A grant that the plan's own open claim consumed still serves the run that
   * goes on from it.
   */
  public Set<String> consumedGrants(Digest planDigest) {
    return spentElsewhere(
        planDigest,
        all(LedgerEntry.GrantConsumed.class),
        LedgerEntry.GrantConsumed::epoch,
        LedgerEntry.GrantConsumed::grantId);
  }

  /** The approvals that a run of this plan can no longer use, in the same way. */
  public Set<String> usedApprovals(Digest planDigest) {
    return spentElsewhere(
        planDigest,
        all(LedgerEntry.ApprovalUsed.class),
        LedgerEntry.ApprovalUsed::epoch,
        LedgerEntry.ApprovalUsed::approvalId);
  }

  /** The ids of what was spent under other claims than the plan's open one and its forerunners. */
  private <T> Set<String> spentElsewhere(
      Digest planDigest, Stream<T> spent, Function<T, Long> epoch, Function<T, String> id) {
    List<Long> own = openClaim(planDigest).map(c -> lineage(c.epoch())).orElse(List.of());
    return spent
        .filter(fact -> !own.contains(epoch.apply(fact)))
        .map(id)
        .collect(Collectors.toSet());
  }

  /** Whether the open claim of a plan is a run's, or goes on from that run's. */
  public boolean ofOpenClaim(Digest planDigest, RunId run) {
    return openClaim(planDigest).filter(c -> runsOf(c.epoch()).contains(run)).isPresent();
  }

  /** The grants that are not to be used any more. */
  public Set<String> revokedGrants() {
    return all(LedgerEntry.GrantRevoked.class)
        .map(LedgerEntry.GrantRevoked::grantId)
        .collect(Collectors.toSet());
  }

  /** The reservation by another plan that an id range meets. */
  public Optional<LedgerEntry.IdsReserved> reservedByAnotherPlan(IdRange range, Digest planDigest) {
    return all(LedgerEntry.IdsReserved.class)
        .filter(r -> r.range().overlaps(range) && !r.planDigest().equals(planDigest))
        .filter(this::isInForce)
        .findFirst();
  }

  /** Whether its addendum was published, or may be yet: then no other plan can have the ids. */
  private boolean isInForce(LedgerEntry.IdsReserved reserved) {
    return reserved.changeId().isEmpty()
        || openClaim(reserved.planDigest()).isPresent()
        || all(LedgerEntry.Outcome.class)
            .filter(o -> o.outcome().equals("PUBLISHED"))
            .filter(o -> o.changeId().equals(reserved.changeId().get()))
            .flatMap(o -> claim(o.epoch()).stream())
            .anyMatch(c -> c.planDigest().equals(reserved.planDigest()));
  }

  /** The names that are passed over now. */
  public IgnoredNames ignoredNames() {
    return last(all(LedgerEntry.NamesIgnored.class))
        .map(said -> new IgnoredNames(said.patterns()))
        .orElse(IgnoredNames.DEFAULT);
  }

  /** The head that was recorded last for a path; an intent records what it found there. */
  public Optional<Head> recordedHead(KbPath path) {
    return Optional.ofNullable(recordedHeads().get(path));
  }

  /** The same for every path of which there is a record. */
  public Map<KbPath, Head> recordedHeads() {
    Map<KbPath, Head> heads = new HashMap<>();
    for (Line line : lines) {
      if (line.entry() instanceof LedgerEntry.Outcome o) {
        heads.put(o.path(), o.head());
      } else if (line.entry() instanceof LedgerEntry.DocumentAdded d) {
        heads.put(d.path(), d.head());
      } else if (line.entry() instanceof LedgerEntry.Intent i) {
        heads.put(i.path(), i.before());
      }
    }
    return heads;
  }

  /**
   * The code for which a run waits for a person: its last word is a refusal that holds, and it has
   * not ended. Its worker may have died since; a run that a fault holds is not among them.
   */
  public Optional<String> held(Owner owner) {
    Optional<String> held = Optional.empty();
    for (Line line : lines) {
      if (line.entry() instanceof LedgerEntry.StageRefused r && r.owner().equals(owner)) {
        held = Optional.of(r.reject().code()).filter(RejectCode::holds).map(RejectCode::name);
      } else if (line.entry() instanceof LedgerEntry.StageRecorded r && r.owner().equals(owner)) {
        held = r.holdsFor();
      }
    }
    return barred(owner) || end(owner).isPresent() ? Optional.empty() : held;
  }

  /**
   * An import that has no end.
   *
   * @param began its beginning
   * @param recorded how many of its documents were recorded as added
   */
  public record OpenImport(LedgerEntry.ImportBegan began, int recorded) {}

  /** The import that a process began and did not end, if it died. */
  public Optional<OpenImport> openImport() {
    Optional<OpenImport> open = Optional.empty();
    for (Line line : lines) {
      if (line.entry() instanceof LedgerEntry.ImportBegan began) {
        open = Optional.of(new OpenImport(began, 0));
      } else if (line.entry() instanceof LedgerEntry.ImportEnded) {
        open = Optional.empty();
      } else if (line.entry() instanceof LedgerEntry.DocumentAdded) {
        open = open.map(i -> new OpenImport(i.began(), i.recorded() + 1));
      }
    }
    return open;
  }

  /** How a run ended, the last word if there are several. */
  public Optional<LedgerEntry.RunEnded> end(Owner owner) {
    return last(all(LedgerEntry.RunEnded.class).filter(e -> e.owner().equals(owner)));
  }

  /** Whether the run had this end at some time, whatever became of it since. */
  public boolean hasEnded(Owner owner, LaneEnd end) {
    return all(LedgerEntry.RunEnded.class).anyMatch(e -> e.owner().equals(owner) && e.end() == end);
  }

  /** Whether anything became of a run's documents or claims after its last end. */
  public boolean changedSinceItsEnd(Owner owner) {
    int end = 0;
    for (int i = 0; i < lines.size(); i++) {
      boolean ends =
          lines.get(i).entry() instanceof LedgerEntry.RunEnded e && e.owner().equals(owner);
      end = ends ? i + 1 : end;
    }
    return changedSince(owner, end);
  }

  /**
   * Whether anything became of a run's documents, claims or end after so many facts.
   *
   * @param known how many facts
   */
  public boolean changedSince(Owner owner, int known) {
    Set<Long> own = new HashSet<>();
    all(LedgerEntry.Claimed.class)
        .filter(c -> c.owner().equals(owner))
        .forEach(c -> own.addAll(lineage(c.epoch())));
    return lines.subList(known, lines.size()).stream()
        .map(Line::entry)
        .anyMatch(
            fact ->
                (fact instanceof LedgerEntry.Outcome o && own.contains(o.epoch()))
                    || (fact instanceof LedgerEntry.ClaimClosed c && own.contains(c.epoch()))
                    || (fact instanceof LedgerEntry.RunEnded e && e.owner().equals(owner)));
  }

  /**
   * Whether there is still something to end: a run began and has no effective end, no other run has
   * gone on from its claim, and its plan is not applied by another.
   */
  public boolean unfinished(Owner owner) {
    boolean open = false;
    boolean needless = false;
    for (Line line : lines) {
      if (line.entry() instanceof LedgerEntry.RunOpened opened && opened.owner().equals(owner)) {
        open = true;
        needless = opened.planDigest().flatMap(this::applied).isPresent();
      } else if (line.entry() instanceof LedgerEntry.AlreadyApplied found
          && found.owner().equals(owner)) {
        open = false;
      }
    }
    return open && !needless && effectiveEnd(owner).isEmpty() && successor(owner).isEmpty();
  }

  /** The claim of the run that has gone on from a run's claim. */
  public Optional<LedgerEntry.Claimed> successor(Owner owner) {
    Set<Long> own =
        all(LedgerEntry.Claimed.class)
            .filter(c -> c.owner().equals(owner))
            .map(LedgerEntry.Claimed::epoch)
            .collect(Collectors.toSet());
    return all(LedgerEntry.Claimed.class)
        .filter(c -> c.adoptedFrom().filter(own::contains).isPresent())
        .findFirst();
  }

  /** How a run ended, unless it was applied and opened again since, to be withdrawn. */
  public Optional<LedgerEntry.RunEnded> effectiveEnd(Owner owner) {
    return end(owner).filter(e -> e.end() != LaneEnd.APPLIED || reopened(owner).isEmpty());
  }

  /** Whether a run was applied and was not opened again since, to be withdrawn. */
  public boolean isApplied(Owner owner) {
    return effectiveEnd(owner).filter(e -> e.end() == LaneEnd.APPLIED).isPresent();
  }

  /** The end of the run that applied a plan, if it was not withdrawn since. */
  public Optional<LedgerEntry.RunEnded> applied(Digest planDigest) {
    return last(
        all(LedgerEntry.RunEnded.class)
            .filter(e -> e.planDigest().filter(planDigest::equals).isPresent())
            .filter(e -> isApplied(e.owner())));
  }

  /** The record by which an applied run was opened again to be withdrawn. */
  public Optional<LedgerEntry.Reopened> reopened(Owner owner) {
    return last(all(LedgerEntry.Reopened.class).filter(r -> r.owner().equals(owner)));
  }

  /**
   * The approval of a plan that was recorded last, unless a run has come to S5 under it and ended
   * without publishing anything: it was for that run.
   */
  public Optional<String> approval(Digest planDigest) {
    Optional<String> approval = Optional.empty();
    Set<Owner> under = new HashSet<>();
    boolean used = false;
    for (Line line : lines) {
      if (line.entry() instanceof LedgerEntry.Approved a && a.planDigest().equals(planDigest)) {
        approval = Optional.of(a.envelope());
        under.clear();
        used = false;
      } else if (line.entry() instanceof LedgerEntry.StageRecorded s && s.stage() == Stage.S5) {
        under.add(s.owner());
      } else if (line.entry() instanceof LedgerEntry.ApprovalUsed u) {
        used |= claim(u.epoch()).filter(c -> c.planDigest().equals(planDigest)).isPresent();
      } else if (line.entry() instanceof LedgerEntry.RunEnded e
          && !used
          && e.planDigest().filter(planDigest::equals).isPresent()
          && under.contains(e.owner())) {
        approval = Optional.empty();
      }
    }
    return approval;
  }

  /** Why nothing may be published now, and since when; empty when the knowledge base is open. */
  public Optional<Freeze> frozen() {
    Optional<Freeze> freeze = Optional.empty();
    for (Line line : lines) {
      if (line.entry() instanceof LedgerEntry.Frozen frozen) {
        freeze = Optional.of(new Freeze(line.at(), frozen.reason(), frozen.by()));
      } else if (line.entry() instanceof LedgerEntry.Unfrozen) {
        freeze = Optional.empty();
      }
    }
    return freeze;
  }

  /**
   * A freeze that lasts.
   *
   * @param since when it began
   * @param reason why, in words
   * @param by who asked for it, as recorded
   */
  public record Freeze(Instant since, String reason, String by) {}

  /** The runs of a lane, oldest first, each once. */
  public List<Owner> runs(LaneName lane) {
    return all(LedgerEntry.RunOpened.class)
        .filter(r -> r.lane().equals(lane))
        .map(LedgerEntry.RunOpened::owner)
        .distinct()
        .toList();
  }
}
