package dev.lanekeeper.evidence;

import dev.lanekeeper.canonical.Digest;
import dev.lanekeeper.files.Kind;
import dev.lanekeeper.files.Rights;
import dev.lanekeeper.files.Root;
import dev.lanekeeper.files.TooLargeException;
import dev.lanekeeper.lane.Head;
import dev.lanekeeper.lane.InvalidLaneException;
import dev.lanekeeper.lane.KbPath;
import dev.lanekeeper.lane.Lane;
import dev.lanekeeper.lane.LaneProblem;
import dev.lanekeeper.lane.LaneReader;
import dev.lanekeeper.lane.Plan;
import dev.lanekeeper.lane.SourceTree;
import dev.lanekeeper.report.ReportWords;
import dev.lanekeeper.report.ReportWriter;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;

/** Reads a lane's folder: the lane file and every file that it names, each exactly once. */
public final class LaneFolder {

  /** The names that a lane file may have. */
  public static final List<String> LANE_FILES = List.of("lane.yaml", "lane.yml", "lane.json");

  /** How many bytes the lane file may hold. */
  public static final long LANE_FILE_LIMIT = 1 << 20;

  /** How many bytes a file that the lane names may hold. */
  public static final long FILE_LIMIT = 64L << 20;

  /** How many bytes all of them may hold together. */
  public static final long BUNDLE_LIMIT = 256L << 20;

  /** How many files a lane may name. */
  public static final int FILES = 10_000;

  private final Root folder;
  private final NavigableMap<KbPath, byte[]> files = new TreeMap<>();
  private final List<LaneProblem> problems = new ArrayList<>();
  private final SourceTree laneFile;

  private long size;
  private boolean full;

  private LaneFolder(Root folder, SourceTree laneFile) {
    this.folder = folder;
    this.laneFile = laneFile;
  }

  /**
   * Reads the bundle.
   *
   * @throws InvalidLaneException when the lane file is wrong, a named file is missing, or one is
   *     outside the folder or behind a link
   */
  public static Bundle read(Path folder) throws InvalidLaneException, IOException {
    return read(Root.at(folder, Rights.UMASK));
  }

  /** The same in a folder that the caller has opened. */
  public static Bundle read(Root folder) throws InvalidLaneException, IOException {
    List<String> found = laneFiles(folder);
    if (found.size() != 1) {
      throw invalid(
          folder.path().toString(),
          "exactly one of lane.yaml, lane.yml, lane.json",
          found.isEmpty() ? "none" : found.toString());
    }
    String name = found.get(0);
    String file = folder.path(name).toString();
    if (folder.kind(name) != Kind.FILE) {
      throw invalid(file, "a regular file, no symbolic link", "another kind of file");
    }
    LaneReader.Source source;
    try {
      source = LaneReader.read(file, folder.read(name, LANE_FILE_LIMIT));
    } catch (TooLargeException e) {
      throw invalid(file, "at most " + LANE_FILE_LIMIT + " bytes", "more");
    }
    LaneFolder reading = new LaneFolder(folder, source.file());
    reading.readNamed(source.lane().spec());
    source.lane().spec().report().ifPresent(reading::templates);
    ReportWords.judge(source.lane())
        .rejection()
        .ifPresent(claim -> reading.problem("spec.report", claim.expected(), claim.actual()));
    if (!reading.problems.isEmpty()) {
      throw new InvalidLaneException(reading.problems);
    }
    Map<KbPath, Digest> digests = new TreeMap<>();
    reading.files.forEach((path, bytes) -> digests.put(path, Digest.of(bytes)));
    return new Bundle(Plan.of(source, digests), reading.files);
  }

  /** The names of lane files that exist in any form. */
  public static List<String> laneFiles(Root folder) throws IOException {
    List<String> found = new ArrayList<>();
    for (String name : LANE_FILES) {
      if (folder.kind(name) != Kind.ABSENT) {
        found.add(name);
      }
    }
    return found;
  }

  private static InvalidLaneException invalid(String file, String expected, String found) {
    return new InvalidLaneException(List.of(new LaneProblem(file, 0, "", expected, found)));
  }

  private void templates(Lane.Report report) {
    template("spec.report.title", report.title());
    template("spec.report.summary", report.summary());
    for (int i = 0; i < report.sections().size(); i++) {
      template("spec.report.sections[" + i + "].heading", report.sections().get(i).heading());
      template("spec.report.sections[" + i + "].body", report.sections().get(i).body());
    }
  }

  private void template(String field, String text) {
    ReportWriter.problem(text).ifPresent(why -> problem(field, "a Mustache template", why));
  }

  private void readNamed(Lane.Spec spec) throws IOException {
    for (int i = 0; i < spec.inputs().size(); i++) {
      input("spec.inputs[" + i + "]", spec.inputs().get(i));
    }
    for (int i = 0; i < spec.changes().size(); i++) {
      change("spec.changes[" + i + "]", spec.changes().get(i));
    }
    for (int i = 0; i < spec.probes().size(); i++) {
      Optional<KbPath> presented = spec.probes().get(i).present().flatMap(Lane.Presented::file);
      if (presented.isPresent()) {
        file("spec.probes[" + i + "].present.file", presented.get());
      }
    }
  }

  private void input(String field, Lane.Input input) throws IOException {
    if (input.tree().isPresent()) {
      tree(field + ".tree.path", input.tree().get().path());
    }
    for (int i = 0; i < input.files().size(); i++) {
      file(field + ".files[" + i + "].path", input.files().get(i).path());
    }
    for (int i = 0; i < input.asserts().size(); i++) {
      assertion(field + ".asserts[" + i + "]", input.asserts().get(i));
    }
  }

  private void assertion(String field, Lane.Assertion assertion) throws IOException {
    if (assertion.file().isPresent()) {
      file(field + ".file", assertion.file().get());
    }
    for (int i = 0; i < assertion.cases().size(); i++) {
      file(field + ".cases[" + i + "].file", assertion.cases().get(i).file());
    }
  }

  private void change(String field, Lane.Change change) throws IOException {
    file(field + ".source", change.source());
    byte[] bytes = files.get(change.source());
    if (bytes != null
        && change.expect() instanceof Head.Revision before
        && before.sha256().equals(Digest.of(bytes))) {
      problem(
          field + ".source",
          "bytes that differ from those of " + field + ".expect",
          "the same, sha256 " + before.sha256() + ": the change would change nothing");
    }
  }

  private void file(String field, KbPath path) throws IOException {
    if (full || files.containsKey(path) || !real(field, path, Kind.FILE)) {
      return;
    }
    try {
      byte[] bytes = folder.read(path.value(), FILE_LIMIT);
      size += bytes.length;
      files.put(path, bytes);
    } catch (TooLargeException e) {
      problem(field, "at most " + FILE_LIMIT + " bytes", "more at " + path);
    }
    if (size > BUNDLE_LIMIT || files.size() > FILES) {
      full = true;
      problem(
          field,
          "at most " + BUNDLE_LIMIT + " bytes and " + FILES + " files in all",
          "more, with " + path);
    }
  }

  private void tree(String field, KbPath root) throws IOException {
    if (!real(field, root, Kind.FOLDER)) {
      return;
    }
    NavigableMap<String, Kind> below;
    try {
      below = folder.sub(root.value()).walk(FILES);
    } catch (TooLargeException e) {
      problem(field, "at most " + FILES + " files", "more at " + root);
      return;
    }
    for (String name : below.keySet()) {
      try {
        file(field, new KbPath(root + "/" + name));
      } catch (IllegalArgumentException e) {
        problem(field, "files with plain ASCII names", root + "/" + name);
      }
    }
  }

  /** Whether every part of the path is a real folder or file; otherwise a problem is noted. */
  private boolean real(String field, KbPath path, Kind wanted) throws IOException {
    StringBuilder at = new StringBuilder();
    String[] segments = path.value().split("/");
    for (int i = 0; i < segments.length; i++) {
      at.append(i == 0 ? "" : "/").append(segments[i]);
      Kind here = i < segments.length - 1 ? Kind.FOLDER : wanted;
      Kind found = folder.kind(at.toString());
      if (found == Kind.ABSENT) {
        problem(field, here == Kind.FOLDER ? "a folder" : "a file", "nothing at " + path);
        return false;
      }
      if (found != here) {
        problem(
            field,
            (here == Kind.FOLDER ? "a real folder" : "a regular file") + ", no symbolic link",
            "a symbolic link or another kind at " + path);
        return false;
      }
    }
    return true;
  }

  private void problem(String field, String expected, String found) {
    problems.add(laneFile.problem(field, expected, found));
  }
}
