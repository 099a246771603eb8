package dev.lanekeeper.stage;

import dev.lanekeeper.lane.LaneName;
import dev.lanekeeper.lane.Plan;
import java.io.IOException;
import java.util.Optional;

/** Knows lanes by name. */
public interface LaneSource {

  /** The plan that a name means now; its bytes are in the evidence store. */
  Optional<Plan> plan(LaneName name) throws IOException;
}
