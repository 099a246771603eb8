package dev.lanekeeper.worker;

import dev.lanekeeper.client.LaneClient;
import dev.lanekeeper.client.LaneException;
import dev.lanekeeper.kb.KbReader;
import dev.lanekeeper.kb.Leases;
import dev.lanekeeper.kb.LedgerEntry;
import dev.lanekeeper.workflow.Owner;
import dev.lanekeeper.workflow.RollbackRequest;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Clock;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Starts the rollback of runs of this server whose leases have lapsed. It decides nothing: the
 * rollback judges the lease again by the ledger, and one that several workers start is one.
 */
final class LeaseKeeper implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(LeaseKeeper.class);

  private static final Duration EVERY = Duration.ofMinutes(1);

  private final ScheduledExecutorService timer =
      Executors.newSingleThreadScheduledExecutor(
          work -> {
            Thread thread = new Thread(work, "lanekeeper-leases");
            thread.setDaemon(true);
            return thread;
          });

  private final Wiring wiring;
  private final Clock clock;

  LeaseKeeper(Wiring wiring, Clock clock) {
    this.wiring = wiring;
    this.clock = clock;
  }

  /**
   * Looks every minute from now on; the first time when the settled time has passed, so that lanes
   * which were interrupted while no worker ran can go on first.
   */
  LeaseKeeper start() {
    Duration every = wiring.settled().compareTo(EVERY) < 0 ? wiring.settled() : EVERY;
    var unused =
        timer.scheduleWithFixedDelay(
            this::look, wiring.settled().toMillis(), every.toMillis(), TimeUnit.MILLISECONDS);
    return this;
  }

  private void look() {
    try {
      KbReader kb = wiring.home().reader();
      LaneClient client = new LaneClient(wiring.client(), wiring.queue());
      for (LedgerEntry.Claimed claim :
          Leases.lapsed(kb.ledger(), clock.instant(), wiring.settled())) {
        Owner owner = claim.owner();
        if (owner.engine().equals(wiring.engine())
            && owner.namespace().equals(wiring.client().getOptions().getNamespace())) {
          LOG.warn(
              "run {} of lane {} has published and was not reviewed for {}; it is withdrawn",
              owner.runId(),
              claim.lane(),
              wiring.settled());
          var unused =
              client.startRollback(
                  new RollbackRequest(
                      claim.lane(), owner, Optional.empty(), Optional.of(kb.identity().id())));
        }
      }
    } catch (IOException | UncheckedIOException | LaneException e) {
      // The next look comes in a minute.
      LOG.warn("leases could not be looked at", e);
    }
  }

  @Override
  public void close() {
    timer.shutdownNow();
  }
}
