package dev.lanekeeper.testkit;

import dev.lanekeeper.canonical.CanonicalJson;
import dev.lanekeeper.canonical.Json;
import dev.lanekeeper.lane.InvalidLaneException;
import dev.lanekeeper.lane.Lane;
import dev.lanekeeper.lane.LaneReader;
import dev.lanekeeper.lane.Plan;
import dev.lanekeeper.lane.SourceTree;
import java.io.IOException;
import java.util.List;
import java.util.Optional;

/** Plans of lanes that the lane reader would refuse, for guards that must hold without it. */
public final class Plans {

  private Plans() {}

  /** The same plan with another specification. */
  public static Plan with(Plan plan, Lane.Spec spec) {
    Lane lane = plan.lane();
    return Plan.of(
        new LaneReader.Source(
            file(plan), new Lane(lane.apiVersion(), lane.kind(), lane.metadata(), spec)),
        plan.files());
  }

  private static SourceTree file(Plan plan) {
    try {
      byte[] lane = CanonicalJson.bytes(Json.parse(plan.bytes()).path("lane"));
      return SourceTree.read("lane.json", lane, "lane");
    } catch (InvalidLaneException | IOException e) {
      throw new IllegalStateException(e);
    }
  }

  /** The same specification with other inputs. */
  public static Lane.Spec inputs(Lane.Spec s, List<Lane.Input> inputs) {
    return spec(s, inputs, s.changes(), s.reservations(), s.surfaces(), s.probes());
  }

  /** The same specification with other changes. */
  public static Lane.Spec changes(Lane.Spec s, List<Lane.Change> changes) {
    return spec(s, s.inputs(), changes, s.reservations(), s.surfaces(), s.probes());
  }

  /** The same specification with other reservations. */
  public static Lane.Spec reservations(Lane.Spec s, List<Lane.Reservation> reservations) {
    return spec(s, s.inputs(), s.changes(), reservations, s.surfaces(), s.probes());
  }

  /** The same specification with other surfaces. */
  public static Lane.Spec surfaces(Lane.Spec s, Lane.Surfaces surfaces) {
    return spec(s, s.inputs(), s.changes(), s.reservations(), surfaces, s.probes());
  }

  /** The same specification with other probes. */
  public static Lane.Spec probes(Lane.Spec s, List<Lane.Probe> probes) {
    return spec(s, s.inputs(), s.changes(), s.reservations(), s.surfaces(), probes);
  }

  /** The same specification with a report of one text. */
  public static Lane.Spec report(Lane.Spec s, String summary) {
    return spec(
        s,
        s.inputs(),
        s.changes(),
        s.reservations(),
        s.surfaces(),
        s.probes(),
        Optional.of(new Lane.Report("{{run.title}}", summary, List.of())));
  }

  private static Lane.Spec spec(
      Lane.Spec s,
      List<Lane.Input> inputs,
      List<Lane.Change> changes,
      List<Lane.Reservation> reservations,
      Lane.Surfaces surfaces,
      List<Lane.Probe> probes) {
    return spec(s, inputs, changes, reservations, surfaces, probes, s.report());
  }

  private static Lane.Spec spec(
      Lane.Spec s,
      List<Lane.Input> inputs,
      List<Lane.Change> changes,
      List<Lane.Reservation> reservations,
      Lane.Surfaces surfaces,
      List<Lane.Probe> probes,
      Optional<Lane.Report> report) {
    return new Lane.Spec(
        s.authority(),
        s.delegation(),
        s.environment(),
        s.statusToken(),
        inputs,
        s.pins(),
        changes,
        reservations,
        s.gate(),
        surfaces,
        s.gatesSatisfied(),
        probes,
        s.review(),
        s.selfCheck(),
        s.blockers(),
        s.openItems(),
        s.next(),
        s.approval(),
        report);
  }
}
