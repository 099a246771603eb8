package dev.lanekeeper.kb;

import dev.lanekeeper.verdict.Verdict;
import java.io.IOException;
import java.time.Instant;

/** One of the conditions under which a knowledge base commits a publication. */
public interface CommitCheck {

  /** Checks inside the commit's transaction. */
  Verdict check(Commit commit) throws IOException;

  /**
   * What is to be committed, and the world at that moment.
   *
   * @param publication what a stage asks for
   * @param ledger the ledger
   * @param reader the documents
   * @param now the store's time
   */
  record Commit(
      KnowledgeBase.Publication publication, LedgerState ledger, KbReader reader, Instant now) {}
}
