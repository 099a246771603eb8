package dev.lanekeeper.hostile;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lanekeeper.canonical.Json;
import dev.lanekeeper.evidence.FileTree;
import dev.lanekeeper.packet.Bag;
import dev.lanekeeper.starter.Cli;
import dev.lanekeeper.testkit.TestLane;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A packet, and a knowledge base, that somebody else has written: names, contents, kinds of file.
 */
@Timeout(value = 1, unit = TimeUnit.HOURS) // for the whole corpus; each answer has its own
class HostilePacketTest {

  private static final Path EXAMPLE = TestLane.ROOT.resolve("examples/handbook-release");

  @TempDir private Path folder;
  private Sandbox sandbox;
  private Path home;
  private Path packet;
  private String key;
  private Map<String, byte[]> good;

  @BeforeEach
  void applied() throws Exception {
    sandbox = new Sandbox(folder);
    home = sandbox.home();
    Cli run = Cli.run("run", EXAMPLE, "--home", home, "--json");
    assertThat(run.exitCode()).as(run.err()).isZero();
    key = run.json().path("ownerKey").asText();
    good = FileTree.read(Path.of(run.json().path("packet").asText()));
    sandbox.canaries().addKeys(home.resolve("keys"));
    // The packet lies in the home's place, which the sandbox lets change.
    packet = home.resolve("packet");
  }

  private void write(Map<String, byte[]> files) throws IOException {
    FileTree.delete(packet);
    for (Map.Entry<String, byte[]> file : files.entrySet()) {
      Path target = packet.resolve(file.getKey());
      Files.createDirectories(target.getParent());
      Files.write(target, file.getValue());
    }
  }

  /** The packet with manifests that fit, as a forger would write them. */
  private static Map<String, byte[]> bagged(Map<String, byte[]> files) {
    Map<String, byte[]> payload = new TreeMap<>(files);
    payload.keySet().removeIf(n -> !n.startsWith("data/") && !n.equals("RERUN.sh"));
    return Bag.close(payload, new Bag.Info("2026-09-01", "lanekeeper", "X"));
  }

  private int verify(String what) throws IOException {
    return sandbox.run(what, "verify", packet, "--key", key).exitCode();
  }

  /** The same answer by the shell script. */
  private void rerun(String what, int expected) throws Exception {
    Path said = folder.resolve("rerun.txt");
    Path script =
        TestLane.ROOT.resolve("activities/src/main/resources/dev/lanekeeper/packet/RERUN.sh");
    Process process =
        new ProcessBuilder("sh", script.toString(), "--key", key, packet.toString())
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .redirectOutput(said.toFile())
            .start();
    assertThat(process.waitFor(4, TimeUnit.MINUTES)).as(what + " hangs").isTrue();
    String text = Files.readString(said, java.nio.charset.StandardCharsets.ISO_8859_1);
    // Without the program the last check cannot be made.
    assertThat(process.exitValue()).as(what + ": " + text).isIn(expected, 10, 11, 12, 13);
    assertThat(text.length()).as(what).isLessThan(100_000);
    assertThat(text).as(what).doesNotContain("\u001b", "\u0007", "\n" + HostileCorpus.FORGED);
    assertThat(folder.resolve(HostileCorpus.TOUCHED)).as(what).doesNotExist();
    sandbox.canaries().absentIn(what, text);
    Files.delete(said);
  }

  @Test
  void evidence_withAnythingInAnyField_isRefused() throws Exception {
    int tried = 0;
    int checked = 0;
    int fields = 0;
    Map<Integer, Integer> codes = new TreeMap<>();
    for (String name : good.keySet().stream().filter(n -> n.endsWith(".json")).toList()) {
      Fields of = new Fields(Json.parse(good.get(name)));
      fields += of.patterns().size();
      for (HostileCorpus.Pair pair : HostileCorpus.pairs(of.patterns())) {
        boolean fits = !pair.value().besideAField() || of.inMap(pair.field());
        if (fits && !pair.value().yamlOnly() && tried++ % (HostileCorpus.whole() ? 4 : 12) == 0) {
          Map<String, byte[]> files = new TreeMap<>(good);
          files.put(name, Fields.bytes(of.with(pair.field(), tried, pair.value())));
          String what = name + ": " + pair.field() + " with " + pair.value();
          write(bagged(files));
          int code = verify(what);
          assertThat(code).as(what).isIn(10, 11, 12, 13);
          codes.merge(code, 1, Integer::sum);
          if (++checked % 50 == 1) {
            rerun(what, code);
          }
        }
      }
    }
    System.out.printf(
        "hostile packets: %d fields, %d tried, exit codes %s%n", fields, checked, codes);
  }

  @Test
  void names_ofAnything_areRefused() throws Exception {
    int tried = 0;
    for (Map.Entry<String, String> text : HostileCorpus.texts().entrySet()) {
      for (String place : List.of("data/documents/", "data/", "")) {
        String name = text.getValue().replace('/', '_');
        Path file;
        try {
          write(good);
          file = packet.resolve(place + name);
          Files.write(file, new byte[1]);
        } catch (InvalidPathException | IOException noName) {
          continue;
        }
        String what = "a file called as " + text.getKey() + " in " + place;
        assertThat(verify(what)).as(what).isIn(10, 13);
        if (HostileCorpus.whole() || (place.equals("data/") && tried % 2 == 0)) {
          rerun(what, 10);
        }
        tried++;
      }
    }
    System.out.printf("hostile names in packets: %d tried%n", tried);
  }

  @Test
  void kinds_ofFiles_areRefused() throws Exception {
    List<String> places = List.of("RERUN.sh", "manifest-sha256.txt", "data/lane.json", "data/x");
    int tried = 0;
    for (String place : places) {
      for (Map.Entry<String, Puts.Put> put :
          Puts.all(home.resolve("keys/owner.key"), folder.resolve("outside/secret.txt"))
              .entrySet()) {
        write(good);
        FileTree.delete(packet.resolve(place));
        put.getValue().at(packet.resolve(place));
        // An empty folder is no file of a bag (RFC 8493 §2.1.3 lists files alone).
        boolean same =
            place.equals("data/x") && List.of("nothing", "folder").contains(put.getKey());
        String what = place + " as " + put.getKey();
        assertThat(verify(what)).as(what).isIn(same ? List.of(0) : List.of(10, 13));
        if (HostileCorpus.whole() || tried % 4 == 0) {
          rerun(what, 10);
        }
        tried++;
      }
    }
    FileTree.delete(packet);
    System.out.printf("hostile kinds of files in packets: %d tried%n", tried);
  }

  @Test
  void knowledgeBase_withAnything_isImportedOrRefused_andStands() throws Exception {
    Path documents = Files.createDirectories(home.resolve("tmp")).resolve("import");
    int tried = 0;
    int added = 0;
    for (Map.Entry<String, String> text : HostileCorpus.texts().entrySet()) {
      for (boolean name : new boolean[] {true, false}) {
        FileTree.delete(documents);
        Files.createDirectories(documents);
        String as = name ? text.getValue().replace('/', '_') : "hostile/" + tried + ".md";
        try {
          Path file = documents.resolve(as);
          Files.createDirectories(file.getParent());
          Files.write(file, Fields.bytes(text.getValue()));
        } catch (InvalidPathException | IOException noName) {
          continue;
        }
        String what = (name ? "a document called as " : "a document that says ") + text.getKey();
        int code = sandbox.run(what, "kb", "import", documents, "--home", home).exitCode();
        assertThat(code).as(what).isIn(0, 1, 2);
        added += code == 0 ? 1 : 0;
        tried++;
      }
    }
    int kinds = 0;
    for (Map.Entry<String, Puts.Put> put :
        Puts.all(home.resolve("keys/owner.key"), folder.resolve("outside/secret.txt")).entrySet()) {
      boolean key = put.getKey().equals(Puts.SECRET);
      boolean large = put.getKey().equals(Puts.SPARSE);
      if (!key) {
        FileTree.delete(documents);
        Files.createDirectories(documents);
        put.getValue().at(documents.resolve("k-" + kinds + ".md"));
        sandbox.run(put.getKey(), "kb", "import", documents, "--home", home);
        // Ten gigabytes that stand are read, in ten gigabytes' time.
        if (!large) {
          Path standing = home.resolve("kb/handbook/standing-" + kinds);
          put.getValue().at(standing);
          sandbox.run(put.getKey() + " in the knowledge base", "plan", EXAMPLE, "--home", home);
          Path fix7 = TestLane.ROOT.resolve("examples/fix7-p0");
          sandbox.run(put.getKey() + " in the knowledge base", "run", fix7, "--home", home);
          FileTree.delete(standing);
        }
        kinds++;
      }
    }
    FileTree.delete(documents);
    sandbox.canaries().absentBelow(home, home.resolve("keys"));
    System.out.printf(
        "hostile documents: %d tried, %d of them added; %d kinds of files%n", tried, added, kinds);
  }
}
