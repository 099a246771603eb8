package dev.lanekeeper.testkit;

import dev.lanekeeper.kb.Document;
import dev.lanekeeper.kb.Inventory;
import dev.lanekeeper.kb.KbIdentity;
import dev.lanekeeper.kb.KbReader;
import dev.lanekeeper.kb.LedgerState;
import dev.lanekeeper.lane.KbPath;
import java.io.IOException;
import java.util.Optional;
import java.util.function.UnaryOperator;

/** Readers of a knowledge base that show one thing otherwise than it is. */
public final class Readers {

  private Readers() {}

  /** The knowledge base as it is, but in another environment. */
  public static KbReader inEnvironment(KbReader kb, String environment) {
    return new Altered(
        kb, new KbIdentity(kb.identity().id(), environment), UnaryOperator.identity());
  }

  /** The knowledge base as it is, but each document reads otherwise. */
  public static KbReader reading(KbReader kb, UnaryOperator<Optional<Document>> change) {
    return new Altered(kb, kb.identity(), change);
  }

  private record Altered(KbReader kb, KbIdentity identity, UnaryOperator<Optional<Document>> change)
      implements KbReader {

    @Override
    public Optional<Document> read(KbPath path) throws IOException {
      return change.apply(kb.read(path));
    }

    @Override
    public Optional<String> collision(KbPath path) throws IOException {
      return kb.collision(path);
    }

    @Override
    public Inventory inventory() throws IOException {
      return kb.inventory();
    }

    @Override
    public LedgerState ledger() throws IOException {
      return kb.ledger();
    }
  }
}
