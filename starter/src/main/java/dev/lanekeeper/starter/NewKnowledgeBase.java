package dev.lanekeeper.starter;

import dev.lanekeeper.lane.Plan;
import dev.lanekeeper.worker.Home;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The knowledge base that the first command makes in a new home: it has the lanes' environment and
 * begins with their first documents. One that exists is left as it is, unless an earlier command
 * made it for these lanes and did not come to their documents.
 */
final class NewKnowledgeBase {

  private record First(Path lane, InitialDocuments documents) {}

  private final LaneCommand command;
  private final Home home;
  private final String whose;
  private final String environment;
  private final List<First> all = new ArrayList<>();

  private NewKnowledgeBase(LaneCommand command, Home home, String whose, String environment) {
    this.command = command;
    this.home = home;
    this.whose = whose;
    this.environment = environment;
  }

  /**
   * Reads what it would begin with; writes nothing.
   *
   * @param lane the lane's folder
   */
  static NewKnowledgeBase forLane(LaneCommand command, Home home, Plan plan, Path lane)
      throws CommandFailure, IOException {
    String name = plan.lane().metadata().name().value();
    return forLanes(command, home, name, plan.spec().environment(), List.of(lane));
  }

  /**
   * The same for several lanes of one environment.
   *
   * @param whose whose first documents they are, as a home remembers it
   */
  static NewKnowledgeBase forLanes(
      LaneCommand command, Home home, String whose, String environment, List<Path> lanes)
      throws CommandFailure, IOException {
    NewKnowledgeBase made = new NewKnowledgeBase(command, home, whose, environment);
    if (!home.hasKnowledgeBase() || home.owesFirstDocuments(whose)) {
      for (Path lane : lanes) {
        made.all.add(new First(lane, InitialDocuments.ofLane(lane, command.again())));
      }
    }
    return made;
  }

  /**
   * Makes it, unless there is one by now, and adds the documents that it was made for. The caller
   * has the home's lock.
   */
  void create() throws IOException {
    if (!home.hasKnowledgeBase()) {
      String id = home.createKnowledgeBaseFor(whose, environment).id();
      command.say("new knowledge base " + id + " (" + environment + ") in " + home.documents());
    }
    if (!home.owesFirstDocuments(whose)) {
      return;
    }
    for (First first : all) {
      InitialDocuments found = first.documents();
      int added = home.knowledgeBase().importDocuments(found.documents(), Common.operator());
      if (added > 0) {
        command.say("added its first " + added + " documents from " + first.lane().resolve("kb"));
      }
    }
    home.firstDocumentsStand();
    all.stream()
        .map(first -> first.documents().passedOver())
        .filter(text -> !text.isEmpty())
        .forEach(command::say);
  }
}
