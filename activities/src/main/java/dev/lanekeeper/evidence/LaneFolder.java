package dev.lanekeeper.evidence;

import dev.lanekeeper.canonical.Digest;
import dev.lanekeeper.lane.Head;
import dev.lanekeeper.lane.InvalidLaneException;
import dev.lanekeeper.lane.KbPath;
import dev.lanekeeper.lane.Lane;
import dev.lanekeeper.lane.LaneProblem;
import dev.lanekeeper.lane.LaneReader;
import dev.lanekeeper.lane.Plan;
import dev.lanekeeper.lane.SourceTree;
import dev.lanekeeper.report.ReportWriter;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;

/** Reads a lane's folder: the lane file and every file that it names, each exactly once. */
public final class LaneFolder {

  private final Path folder;
  private final NavigableMap<KbPath, byte[]> files = new TreeMap<>();
  private final List<LaneProblem> problems = new ArrayList<>();
  private final SourceTree laneFile;

  private LaneFolder(Path folder, SourceTree laneFile) {
    this.folder = folder;
    this.laneFile = laneFile;
  }

  /**
   * Reads the bundle.
   *
   * @throws InvalidLaneException when the lane file is wrong, a named file is missing, or one
   *     stands outside the folder or behind a link
   */
  public static Bundle read(Path folder) throws InvalidLaneException, IOException {
    List<String> found =
        Stream.of("lane.yaml", "lane.yml", "lane.json")
            .filter(name -> Files.exists(folder.resolve(name)))
            .toList();
    if (found.size() != 1) {
      throw new InvalidLaneException(
          List.of(
              new LaneProblem(
                  folder.toString(),
                  0,
                  "",
                  "exactly one of lane.yaml, lane.yml, lane.json",
                  found.isEmpty() ? "none" : found.toString())));
    }
    Path file = folder.resolve(found.get(0));
    LaneReader.Source source = LaneReader.read(file.toString(), Files.readAllBytes(file));
    LaneFolder reading = new LaneFolder(folder, source.file());
    reading.readNamed(source.lane().spec());
    source.lane().spec().report().ifPresent(reading::templates);
    if (!reading.problems.isEmpty()) {
      throw new InvalidLaneException(reading.problems);
    }
    Map<KbPath, Digest> digests = new TreeMap<>();
    reading.files.forEach((path, bytes) -> digests.put(path, Digest.of(bytes)));
    return new Bundle(Plan.of(source, digests), reading.files);
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
    if (files.containsKey(path) || !real(field, path, false)) {
      return;
    }
    files.put(path, Files.readAllBytes(folder.resolve(path.value())));
  }

  private void tree(String field, KbPath root) throws IOException {
    if (!real(field, root, true)) {
      return;
    }
    Files.walkFileTree(
        folder.resolve(root.value()),
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            String name = folder.relativize(file).toString();
            try {
              file(field, new KbPath(name));
            } catch (IllegalArgumentException e) {
              problem(field, "files with plain ASCII names", name);
            }
            return FileVisitResult.CONTINUE;
          }
        });
  }

  /** Whether every part of the path is a real folder or file; otherwise a problem is noted. */
  private boolean real(String field, KbPath path, boolean wantsFolder) {
    Path at = folder;
    String[] segments = path.value().split("/");
    for (int i = 0; i < segments.length; i++) {
      at = at.resolve(segments[i]);
      boolean folderHere = wantsFolder || i < segments.length - 1;
      if (!Files.exists(at, LinkOption.NOFOLLOW_LINKS)) {
        problem(field, folderHere ? "a folder" : "a file", "nothing at " + path);
        return false;
      }
      boolean fits =
          folderHere
              ? Files.isDirectory(at, LinkOption.NOFOLLOW_LINKS)
              : Files.isRegularFile(at, LinkOption.NOFOLLOW_LINKS);
      if (!fits) {
        problem(
            field,
            (folderHere ? "a real folder" : "a regular file") + ", no symbolic link",
            Files.isSymbolicLink(at) ? "a symbolic link at " + path : "another kind at " + path);
        return false;
      }
    }
    return true;
  }

  private void problem(String field, String expected, String found) {
    problems.add(laneFile.problem(field, expected, found));
  }
}
