package dev.lanekeeper.starter;

import dev.lanekeeper.client.LaneClient;
import dev.lanekeeper.evidence.EvidenceStore;
import dev.lanekeeper.evidence.FileTree;
import dev.lanekeeper.grant.SigningKey;
import dev.lanekeeper.grant.TrustRoot;
import dev.lanekeeper.kb.KnowledgeBase;
import dev.lanekeeper.stage.StageEnvironment;
import dev.lanekeeper.stage.TemporalCalls;
import dev.lanekeeper.worker.Home;
import dev.lanekeeper.worker.LaneWorker;
import dev.lanekeeper.worker.TemporalHistory;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.time.Clock;

/** An engine, a worker and their home, for the time of one command. */
final class Session implements AutoCloseable {

  private static final Clock CLOCK = Clock.systemUTC();

  private final FileChannel lock;
  private final EmbeddedEngine engine;
  private final LaneWorker worker;
  private final KnowledgeBase kb;
  private final EvidenceStore evidence;

  private Session(
      FileChannel lock,
      EmbeddedEngine engine,
      LaneWorker worker,
      KnowledgeBase kb,
      EvidenceStore evidence) {
    this.lock = lock;
    this.engine = engine;
    this.worker = worker;
    this.kb = kb;
    this.evidence = evidence;
  }

  /** Starts engine and worker under the home's lock, which the session releases. */
  static Session start(Home home, FileChannel lock) throws IOException {
    KnowledgeBase kb = home.knowledgeBase();
    EvidenceStore evidence = home.evidence();
    clean(home);
    SigningKey executor = workerKey(home, TrustRoot.Role.EXECUTOR, "executor");
    SigningKey reviewer = workerKey(home, TrustRoot.Role.REVIEWER, "reviewer");
    EmbeddedEngine engine = new EmbeddedEngine();
    StageEnvironment environment =
        new StageEnvironment(
            kb,
            home::reader,
            evidence,
            home::trustRoot,
            executor,
            ManagementFactory.getRuntimeMXBean().getName(),
            CLOCK,
            engine.name(),
            engine,
            new TemporalHistory(engine.client()),
            home.workspaces(),
            thumbprint -> home.keys().holds(thumbprint, Authority.OWNER),
            new TemporalCalls());
    LaneWorker worker = LaneWorker.start(engine.client(), environment, environment.with(reviewer));
    return new Session(lock, engine, worker, kb, evidence);
  }

  /** Removes workspaces that a killed process left. */
  private static void clean(Home home) throws IOException {
    if (Files.exists(home.workspaces())) {
      FileTree.delete(home.workspaces());
    }
  }

  /** The worker's key for a role; the trust root learns its public half. */
  static SigningKey workerKey(Home home, TrustRoot.Role role, String name) throws IOException {
    SigningKey key = home.keys().findOrCreate(name);
    TrustRoot trust = home.trustRoot();
    TrustRoot with = trust.with(role, name, key.verifyKey());
    if (!with.equals(trust)) {
      home.writeTrustRoot(with);
    }
    return key;
  }

  KnowledgeBase kb() {
    return kb;
  }

  EvidenceStore evidence() {
    return evidence;
  }

  LaneClient client() {
    return new LaneClient(engine.client());
  }

  @Override
  public void close() throws IOException {
    worker.close();
    engine.close();
    lock.close();
  }
}
