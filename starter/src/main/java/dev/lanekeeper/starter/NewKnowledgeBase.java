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
 * and begins with the lane's first documents. One that exists is left as it is, unless an earlier
 * command made it for this lane and did not come to its documents.
 */
final class NewKnowledgeBase {

  private final LaneCommand command;
  private final Home home;
  private final Path first;
  private final InitialDocuments documents;

  private NewKnowledgeBase(LaneCommand command, Home home, Path first, InitialDocuments documents) {
    this.command = command;
    this.home = home;
    this.first = first;
    this.documents = documents;
  }

  /**
   * Reads what it would begin with; writes nothing.
   *
   * @param lane the lane's folder
   */
  static NewKnowledgeBase forLane(LaneCommand command, Home home, Plan plan, Path lane)
      throws CommandFailure, IOException {
    String name = plan.lane().metadata().name().value();
    Path first = lane.resolve("kb");
    boolean wanted = !home.hasKnowledgeBase() || home.owesFirstDocuments(name);
    InitialDocuments documents =
        wanted && Files.isDirectory(first)
            ? InitialDocuments.in(first, command.again())
            : new InitialDocuments(Map.of(), List.of());
    return new NewKnowledgeBase(command, home, first, documents);
  }

  /**
   * Makes it, unless there is one by now, and adds the documents that it was made for. The caller
   * has the home's lock.
   */
  void create(Plan plan) throws IOException {
    String lane = plan.lane().metadata().name().value();
    if (!home.hasKnowledgeBase()) {
      String environment = plan.spec().environment();
      String id = home.createKnowledgeBaseFor(lane, environment).id();
      command.say("new knowledge base " + id + " (" + environment + ") in " + home.documents());
    }
    if (!home.owesFirstDocuments(lane)) {
      return;
    }
    int added = home.knowledgeBase().importDocuments(documents.documents(), Common.operator());
    if (added > 0) {
      command.say("added its first " + added + " documents from " + first);
    }
    home.firstDocumentsStand();
    if (!documents.hidden().isEmpty()) {
      command.say(documents.passedOver());
    }
  }
}
