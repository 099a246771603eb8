package dev.lanekeeper.worker;

import dev.lanekeeper.evidence.Bundle;
import dev.lanekeeper.evidence.EvidenceStore;
import dev.lanekeeper.evidence.LaneFolder;
import dev.lanekeeper.kb.RefusedException;
import dev.lanekeeper.lane.InvalidLaneException;
import dev.lanekeeper.lane.LaneName;
import dev.lanekeeper.lane.Plan;
import dev.lanekeeper.stage.LaneSource;
import dev.lanekeeper.verdict.RejectCode;
import dev.lanekeeper.verdict.Verdict;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * A folder of lanes by name: each folder in it holds one lane. A lane is read anew whenever it is
 * asked for, so that what stands in the folder is what runs.
 */
public final class Catalogue implements LaneSource {

  private final Path folder;
  private final EvidenceStore evidence;

  /**
   * A catalogue.
   *
   * @param folder the folder of lanes
   * @param evidence where a lane's bytes are put when it is asked for
   */
  public Catalogue(Path folder, EvidenceStore evidence) {
    this.folder = folder;
    this.evidence = evidence;
  }

  /**
   * The lanes that can be read, in the order of their folders.
   *
   * @param problems takes what is wrong with those that cannot
   */
  public List<Bundle> lanes(List<String> problems) throws IOException {
    List<Bundle> lanes = new ArrayList<>();
    for (Path lane : folders()) {
      read(lane, problems).ifPresent(lanes::add);
    }
    return lanes;
  }

  private static Optional<Bundle> read(Path lane, List<String> problems) throws IOException {
    try {
      return Optional.of(LaneFolder.read(lane));
    } catch (InvalidLaneException e) {
      problems.add(e.getMessage());
      return Optional.empty();
    }
  }

  /**
   * The plan that a name means: that of the folder of this name, else of the first folder with a
   * lane of this name, else the stored one that was put there last.
   *
   * @throws RefusedException with BUNDLE_INVALID when no lane of this name can be read and one of
   *     the catalogue's lanes is invalid: it may be the one that is meant
   */
  @Override
  public Optional<Plan> plan(LaneName name) throws IOException {
    List<String> problems = new ArrayList<>();
    List<Path> folders = new ArrayList<>(folders());
    folders.sort(Comparator.comparing(lane -> !lane.endsWith(name.value())));
    Optional<Bundle> found = Optional.empty();
    for (int i = 0; i < folders.size() && found.isEmpty(); i++) {
      found =
          read(folders.get(i), problems)
              .filter(bundle -> bundle.plan().lane().metadata().name().equals(name));
    }
    if (found.isPresent()) {
      evidence.putBundle(found.get());
      return Optional.of(found.get().plan());
    }
    Optional<Plan> stored = evidence.plan(name);
    if (stored.isEmpty() && !problems.isEmpty()) {
      throw new RefusedException(
          Verdict.reject(
              RejectCode.BUNDLE_INVALID,
              name.value(),
              "a lane of this name that can be read",
              String.join("\n", problems)));
    }
    return stored;
  }

  private List<Path> folders() throws IOException {
    if (!Files.isDirectory(folder)) {
      return List.of();
    }
    try (Stream<Path> all = Files.list(folder)) {
      return all.filter(
              lane ->
                  Stream.of("lane.yaml", "lane.yml", "lane.json")
                      .anyMatch(name -> Files.exists(lane.resolve(name))))
          .sorted()
          .toList();
    }
  }
}
