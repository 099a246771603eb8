package dev.lanekeeper.starter;

import dev.lanekeeper.lane.Plan;
import dev.lanekeeper.worker.Home;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * The knowledge base that a lane's first command makes in a new home: it has the lane's environment
 * and begins with the lane's first documents. One that exists is left as it is.
 */
final class NewKnowledgeBase {

  private final LaneCommand command;
  private final Home home;
  private final Path first;
  private final boolean wanted;
  private final InitialDocuments documents;

  private NewKnowledgeBase(
      LaneCommand command, Home home, Path first, boolean wanted, InitialDocuments documents) {
    this.command = command;
    this.home = home;
    this.first = first;
    this.wanted = wanted;
    this.documents = documents;
  }

  /**
   * Reads what it would begin with; writes nothing.
   *
   * @param lane the lane's folder
   */
  static NewKnowledgeBase forLane(LaneCommand command, Home home, Path lane)
      throws CommandFailure, IOException {
    Path first = lane.resolve("kb");
    boolean wanted = !home.hasKnowledgeBase();
    InitialDocuments documents =
        wanted && Files.isDirectory(first)
            ? InitialDocuments.in(first, command.again())
            : new InitialDocuments(Map.of(), List.of());
    return new NewKnowledgeBase(command, home, first, wanted, documents);
  }

  /** Makes it, unless there is one by now. The caller has the home's lock. */
  void create(Plan plan) throws IOException {
    if (!wanted || home.hasKnowledgeBase()) {
      return;
    }
    String environment = plan.spec().environment();
    String id = home.createKnowledgeBase(environment).id();
    command.say("new knowledge base " + id + " (" + environment + ") in " + home.documents());
    int added = home.knowledgeBase().importDocuments(documents.documents(), Common.operator());
    if (added > 0) {
      command.say("added its first " + added + " documents from " + first);
    }
    if (!documents.hidden().isEmpty()) {
      command.say(documents.passedOver());
    }
  }
}
