package dev.lanekeeper.starter;

import dev.lanekeeper.files.FaultText;
import dev.lanekeeper.kb.KbReader;
import dev.lanekeeper.kb.RefusedException;
import dev.lanekeeper.lane.Head;
import dev.lanekeeper.lane.KbPath;
import java.io.IOException;

/** What a look at a document found: a head, which may be absent, or that it could not be told. */
sealed interface Looked {

  /** What is there. */
  record Found(Head head) implements Looked {}

  /**
   * It could not be looked at.
   *
   * @param why in one line
   */
  record CannotTell(String why) implements Looked {}

  /** Looks at a document. */
  static Looked at(KbReader kb, KbPath path) {
    try {
      return new Found(kb.head(path));
    } catch (RefusedException e) {
      return new CannotTell(e.reject().sentence());
    } catch (IOException e) {
      return new CannotTell(FaultText.of(e));
    }
  }

  /** Whether it is known to be this head. */
  default boolean is(Head wanted) {
    return this instanceof Found found && found.head().equals(wanted);
  }
}
