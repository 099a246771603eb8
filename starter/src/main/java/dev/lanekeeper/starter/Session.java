package dev.lanekeeper.starter;

import dev.lanekeeper.client.LaneClient;
import dev.lanekeeper.evidence.EvidenceStore;
import dev.lanekeeper.kb.KnowledgeBase;
import dev.lanekeeper.kb.Leases;
import dev.lanekeeper.worker.Home;
import dev.lanekeeper.worker.LaneWorker;
import dev.lanekeeper.worker.Wiring;
import dev.lanekeeper.workflow.TaskQueues;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.channels.FileChannel;

/** An engine, a worker and their home, for the time of one command. */
final class Session implements AutoCloseable {

  private final FileChannel lock;
  private final Connection connection;
  private final LaneWorker worker;
  private final KnowledgeBase kb;
  private final EvidenceStore evidence;

  private Session(
      FileChannel lock,
      Connection connection,
      LaneWorker worker,
      KnowledgeBase kb,
      EvidenceStore evidence) {
    this.lock = lock;
    this.connection = connection;
    this.worker = worker;
    this.kb = kb;
    this.evidence = evidence;
  }

  /** Starts engine and worker under the home's lock, which the session releases. */
  static Session start(Home home, FileChannel lock) throws IOException {
    KnowledgeBase kb = home.knowledgeBase();
    EvidenceStore evidence = home.evidence();
    home.cleanWorkspaces();
    Connection connection = Connection.embedded();
    Wiring wiring =
        new Wiring(
            home,
            connection.client(),
            connection.engine(),
            connection,
            evidence::plan,
            ManagementFactory.getRuntimeMXBean().getName(),
            TaskQueues.EXECUTOR,
            Leases.SETTLED);
    LaneWorker worker = LaneWorker.start(wiring);
    return new Session(lock, connection, worker, kb, evidence);
  }

  KnowledgeBase kb() {
    return kb;
  }

  EvidenceStore evidence() {
    return evidence;
  }

  LaneClient client() {
    return new LaneClient(connection.client());
  }

  @Override
  public void close() throws IOException {
    worker.close();
    connection.close();
    lock.close();
  }
}
