package dev.lanekeeper.worker;

import dev.lanekeeper.evidence.Bundle;
import dev.lanekeeper.evidence.EvidenceStore;
import dev.lanekeeper.evidence.LaneFolder;
import dev.lanekeeper.files.FaultText;
import dev.lanekeeper.files.Kind;
import dev.lanekeeper.files.Rights;
import dev.lanekeeper.files.Root;
import dev.lanekeeper.kb.RefusedException;
import dev.lanekeeper.lane.InvalidLaneException;
import dev.lanekeeper.lane.LaneName;
import dev.lanekeeper.lane.LaneProblem;
import dev.lanekeeper.lane.Plan;
import dev.lanekeeper.stage.LaneSource;
import dev.lanekeeper.verdict.RejectCode;
import dev.lanekeeper.verdict.Verdict;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * A folder of lanes by name: the folder of a lane's name holds that lane, and no other. A lane is
 * read anew whenever it is asked for, so that what is in the folder is what runs.
 */
public final class Catalogue implements LaneSource {

  /** How many problems of one lane an answer names. */
  private static final int NAMED = 20;

  private final Root folder;
  private final EvidenceStore evidence;

  /**
   * A catalogue.
   *
   * @param folder the folder of lanes
   * @param evidence where a lane's bytes are put when it is asked for
   */
  public Catalogue(Path folder, EvidenceStore evidence) {
    this.folder = Root.at(folder, Rights.UMASK);
    this.evidence = evidence;
  }

  /**
   * The lanes that can be read, in the order of their folders.
   *
   * @param problems takes what is wrong with those that cannot
   */
  public List<Bundle> lanes(List<String> problems) throws IOException {
    List<Bundle> lanes = new ArrayList<>();
    if (folder.kind() != Kind.FOLDER) {
      return lanes;
    }
    for (String name : folder.list()) {
      try {
        if (folder.kind(name) == Kind.FOLDER && holdsALane(folder.sub(name))) {
          lanes.add(read(name));
        }
      } catch (InvalidLaneException e) {
        problems.add(e.getMessage());
      } catch (IOException e) {
        problems.add(
            folder.path(name) + ": expected a lane that can be read, found " + FaultText.of(e));
      }
    }
    return lanes;
  }

  private static boolean holdsALane(Root lane) throws IOException {
    return !LaneFolder.laneFiles(lane).isEmpty();
  }

  /** Reads a lane in the folder of its name. */
  private Bundle read(String name) throws InvalidLaneException, IOException {
    Root lane = folder.sub(name);
    Bundle bundle = LaneFolder.read(lane);
    String found = bundle.plan().lane().metadata().name().value();
    if (!found.equals(name)) {
      throw new InvalidLaneException(
          List.of(
              new LaneProblem(
                  lane.path().toString(),
                  0,
                  "metadata.name",
                  "the name of the lane's folder, " + name,
                  found)));
    }
    return bundle;
  }

  /**
   * The plan that a name means: that of the folder of exactly this name, else the stored one that
   * was put there last. No other lane's folder is read.
   *
   * @throws RefusedException with BUNDLE_INVALID when the lane in the folder cannot be read or has
   *     another name. It says where and what is expected, never what was found: the answer ends in
   *     a history that others read
   */
  @Override
  public Optional<Plan> plan(LaneName name) throws IOException {
    Kind kind = folder.kind(name.value());
    if (kind == Kind.OTHER) {
      throw invalid(name, folder.path(name.value()) + ": expected a real folder");
    }
    if (kind != Kind.FOLDER || !holdsALane(folder.sub(name.value()))) {
      return evidence.plan(name);
    }
    try {
      Bundle bundle = read(name.value());
      evidence.putBundle(bundle);
      return Optional.of(bundle.plan());
    } catch (InvalidLaneException e) {
      throw invalid(
          name,
          e.problems().stream()
              .limit(NAMED)
              .map(LaneProblem::renderWithoutFound)
              .collect(Collectors.joining("\n")));
    }
  }

  private static RefusedException invalid(LaneName name, String problems) {
    return new RefusedException(
        Verdict.reject(
            RejectCode.BUNDLE_INVALID,
            name.value(),
            "a lane of this name that can be read",
            problems));
  }
}
