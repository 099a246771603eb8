package dev.lanekeeper.lane;

import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.JsonNode;
import dev.lanekeeper.canonical.Json;
import dev.lanekeeper.canonical.JsonProblem;
import java.io.IOException;
import java.util.List;

/** Reads a lane file strictly: what it does not know, it refuses, with file, line and field. */
public final class LaneReader {

  private LaneReader() {}

  /**
   * A lane file and what it means.
   *
   * @param file the values as they are in the file, and where
   * @param lane the same, typed and checked
   */
  public record Source(SourceTree file, Lane lane) {

    /** The values as they are in the file. */
    public JsonNode tree() {
      return file.root();
    }
  }

  /**
   * Reads a lane file; a name that ends in {@code .json} is read as JSON, any other as YAML.
   *
   * @throws InvalidLaneException when anything in it is wrong
   */
  public static Source read(String file, byte[] bytes) throws InvalidLaneException {
    SourceTree source = SourceTree.read(file, bytes, "lane");
    Lane lane = map(source);
    List<LaneProblem> problems = LaneValidator.check(lane, source);
    if (!problems.isEmpty()) {
      throw new InvalidLaneException(problems);
    }
    return new Source(source, lane);
  }

  private static Lane map(SourceTree source) throws InvalidLaneException {
    try {
      return Json.as(source.root(), Lane.class);
    } catch (JsonMappingException e) {
      JsonProblem problem = JsonProblem.of(source.root(), e);
      throw new InvalidLaneException(
          List.of(source.problem(problem.field(), problem.expected(), problem.found())));
    } catch (IOException e) {
      throw new InvalidLaneException(List.of(source.problem("", "a lane", e.getMessage())));
    }
  }
}
