package dev.lanekeeper.worker;

import dev.lanekeeper.grant.TrustRoot;
import dev.lanekeeper.kb.KnowledgeBase;
import dev.lanekeeper.signature.SigningKey;
import dev.lanekeeper.signature.VerifyKey;
import dev.lanekeeper.stage.LaneSource;
import dev.lanekeeper.stage.StageEnvironment;
import dev.lanekeeper.stage.TemporalCalls;
import dev.lanekeeper.workflow.TrustedKeys;
import io.temporal.client.WorkflowClient;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.util.Optional;

/**
 * What a worker's stages work with: a home, an engine, an identity.
 *
 * @param home the home folder
 * @param client the connection
 * @param engine the Temporal service's name in owners
 * @param owners proves that other runs are closed
 * @param lanes knows lanes by name
 * @param identity the worker's identity, the same for both roles of one process
 * @param queue the executor's task queue
 * @param settled how long a run that owes a review may be silent
 */
public record Wiring(
    Home home,
    WorkflowClient client,
    String engine,
    KnowledgeBase.OwnerProof owners,
    LaneSource lanes,
    String identity,
    String queue,
    Duration settled) {

  /** The name of the local owner key. */
  public static final String OWNER = "owner";

  /** For S0 to S6, Rollback and Seal, in a worker of this role. */
  StageEnvironment executor(Role role) throws IOException {
    return environment(workerKey(home, TrustRoot.Role.EXECUTOR), role);
  }

  /** For S7, in a worker of this role. */
  StageEnvironment reviewer(Role role) throws IOException {
    return environment(workerKey(home, TrustRoot.Role.REVIEWER), role);
  }

  private StageEnvironment environment(SigningKey key, Role role) throws IOException {
    return new StageEnvironment(
        home.knowledgeBase(),
        home::reader,
        home.evidence(),
        lanes,
        home::trustRoot,
        key,
        identity,
        role == Role.BOTH,
        Clock.systemUTC(),
        engine,
        owners,
        settled,
        new TemporalHistory(client),
        home.workspaces(),
        thumbprint -> home.keys().holds(thumbprint, OWNER),
        new TemporalCalls(client));
  }

  /** Whose results a lane believes: those of the workers that the home's trust root names now. */
  TrustedKeys trustedKeys() {
    return (role, key) -> {
      TrustRoot.Role as =
          role == TrustedKeys.Role.REVIEWER ? TrustRoot.Role.REVIEWER : TrustRoot.Role.EXECUTOR;
      return home.trustRoot().of(as).stream().anyMatch(k -> k.thumbprint().equals(key));
    };
  }

  /**
   * Which key the worker of a role signs with; its private half is not opened. Where there is none
   * the key is made, and the trust root learns it.
   *
   * @throws RemovedKeyException when it was removed from the trust root
   */
  public static VerifyKey workerPublicKey(Home home, TrustRoot.Role role) throws IOException {
    String name = role.name().toLowerCase(java.util.Locale.ROOT);
    Optional<VerifyKey> known = home.keys().publicKey(name);
    if (known.isEmpty()) {
      return workerKey(home, role).verifyKey();
    }
    home.introduce(role, name, known.get());
    return known.get();
  }

  /**
   * The worker's key for a role, made if there is none; the trust root learns its public half.
   *
   * @throws RemovedKeyException when it was removed from the trust root
   */
  public static SigningKey workerKey(Home home, TrustRoot.Role role) throws IOException {
    String name = role.name().toLowerCase(java.util.Locale.ROOT);
    SigningKey key = home.keys().findOrCreate(name);
    home.introduce(role, name, key.verifyKey());
    return key;
  }
}
