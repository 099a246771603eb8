package dev.lanekeeper.s6addenda;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lanekeeper.governance.Reservations;
import dev.lanekeeper.kb.KbReader;
import dev.lanekeeper.kb.RefusedException;
import dev.lanekeeper.lane.Lane;
import dev.lanekeeper.lane.Stage;
import dev.lanekeeper.s5publish.Publisher;
import dev.lanekeeper.stage.Fragment;
import dev.lanekeeper.stage.StageEnvironment;
import dev.lanekeeper.stage.StageRunner;
import dev.lanekeeper.stage.StageWork;
import dev.lanekeeper.verdict.Verdict;
import dev.lanekeeper.workflow.Activities;
import dev.lanekeeper.workflow.PublishPass;
import dev.lanekeeper.workflow.StageCall;
import dev.lanekeeper.workflow.StageResult;
import java.io.IOException;

/** S6: reserves ids, publishes the remaining documents and reads them back. */
public final class S6PublishAddendaActivity implements Activities.S6PublishAddenda {

  private final StageEnvironment environment;
  private final StageRunner runner;
  private final Publisher publisher;

  /** The stage on a worker. */
  public S6PublishAddendaActivity(StageEnvironment environment) {
    this.environment = environment;
    this.runner = new StageRunner(environment);
    this.publisher = new Publisher(environment);
  }

  @Override
  public StageResult publish(StageCall call, PublishPass primary) {
    return runner.run(Stage.S6, call, this::perform);
  }

  private Fragment perform(StageWork work) throws IOException {
    KbReader kb = environment.freshReader().open();
    for (Lane.Reservation r : work.spec().reservations()) {
      Reservations reservations = new Reservations(work.spec(), r);
      Verdict unused = work.effects().perform(reservations.effect(), () -> reservations.unused(kb));
      RefusedException.unlessPassed(unused);
    }
    Fragment published = publisher.publish(work, Stage.S6);
    ObjectNode file = published.files().get("publication-S6.json");
    ArrayNode reserved = file.putArray("reservations");
    for (Lane.Reservation r : work.spec().reservations()) {
      KbReader fresh = environment.freshReader().open();
      Reservations after = new Reservations(work.spec(), r);
      reserved.add(after.json(after.use(fresh).collisions().size(), after.unused(fresh)));
    }
    return published;
  }
}
