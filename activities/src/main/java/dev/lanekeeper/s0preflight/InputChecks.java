package dev.lanekeeper.s0preflight;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lanekeeper.canonical.Digest;
import dev.lanekeeper.canonical.DirHash;
import dev.lanekeeper.canonical.Json;
import dev.lanekeeper.gate.HardenedRollbackGate;
import dev.lanekeeper.kb.RefusedException;
import dev.lanekeeper.lane.KbPath;
import dev.lanekeeper.lane.Lane;
import dev.lanekeeper.stage.Evidence;
import dev.lanekeeper.verdict.RejectCode;
import dev.lanekeeper.verdict.Verdict;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.NavigableMap;
import java.util.TreeMap;

/** Verifies a lane's inputs from bytes. S0 does it first, and the review does it again. */
public final class InputChecks {

  private final NavigableMap<KbPath, byte[]> bundle;

  /** Checks over the bytes of a bundle. */
  public InputChecks(NavigableMap<KbPath, byte[]> bundle) {
    this.bundle = bundle;
  }

  /** Verifies one input and says what was compared. */
  public ObjectNode verify(Lane.Input input) {
    Evidence checks = new Evidence();
    ObjectNode out = Json.object().put("id", input.id()).put("title", input.title());
    out.put("provenance", input.fixture() ? "FIXTURE" : "ORIGINAL");
    if (input.tree().isPresent()) {
      tree(input.tree().get(), checks);
    }
    for (Lane.PinnedFile file : input.files()) {
      Digest actual = Digest.of(bytes(file.path()));
      checks.add(
          "sha256",
          file.path().value(),
          file.sha256().hex(),
          actual.hex(),
          equal(RejectCode.INPUT_DIGEST_MISMATCH, file.path().value(), file.sha256(), actual));
    }
    // Bytes that are not the pinned ones are not read any further.
    if (checks.verdict().passed()) {
      for (Lane.Assertion assertion : input.asserts()) {
        assertion(input, assertion, checks);
      }
    }
    out.set("checks", checks.json());
    out.setAll(Evidence.json(checks.verdict()));
    return out;
  }

  /** The verdict that {@link #verify} put into its evidence. */
  public static Verdict verdict(ObjectNode evidence) {
    if (evidence.path("verdict").asText().equals("PASS")) {
      return Verdict.pass();
    }
    String rendered = evidence.path("reject").asText();
    String code = evidence.path("code").asText();
    return Verdict.reject(
        RejectCode.valueOf(code),
        rendered.length() > code.length() ? rendered.substring(code.length() + 1) : "",
        evidence.path("expected").asText(),
        evidence.path("actual").asText());
  }

  /** Digests the packet's files, each under the name that it has in the packet. */
  private void tree(Lane.Tree tree, Evidence checks) {
    NavigableMap<String, byte[]> files = under(tree.path());
    Digest actual = DirHash.ofBytes(files);
    checks.add(
        "tree",
        tree.path() + " (" + files.size() + " files)",
        tree.digest().hex(),
        actual.hex(),
        equal(RejectCode.INPUT_TREE_MISMATCH, tree.path().value(), tree.digest(), actual));
  }

  private void assertion(Lane.Input input, Lane.Assertion a, Evidence checks) {
    switch (a.kind()) {
      case "token" -> {
        String token = a.token().orElseThrow();
        for (KbPath path : filesOf(input)) {
          boolean present = new String(bytes(path), StandardCharsets.UTF_8).contains(token);
          checks.add(
              "token",
              path.value(),
              token,
              present ? token : "not there",
              present
                  ? Verdict.pass()
                  : Verdict.reject(
                      RejectCode.INPUT_TOKEN_MISSING, path.value(), token, "a file without it"));
        }
      }
      case "json" -> {
        KbPath path = a.file().orElseThrow();
        JsonNode actual = json(path).at(a.pointer().orElseThrow());
        JsonNode wanted = a.wanted().orElseThrow();
        String subject = path + "#" + a.pointer().get();
        checks.add(
            "value",
            subject,
            wanted.asText(),
            actual.isMissingNode() ? "no value" : actual.asText(),
            wanted.equals(actual)
                ? Verdict.pass()
                : Verdict.reject(
                    RejectCode.INPUT_VALUE_MISMATCH,
                    subject,
                    wanted.toString(),
                    actual.isMissingNode() ? "no value" : actual.toString()));
      }
      case "seal" -> seal(a, checks);
      case "gate" -> gate(a, checks);
      default -> throw new IllegalStateException("an unknown kind passed the reader: " + a.kind());
    }
  }

  /** Recomputes a frozen seal. */
  public void seal(Lane.Assertion a, Evidence checks) {
    Digest actual = Digest.of(bytes(a.file().orElseThrow()));
    Digest frozen = a.sha256().orElseThrow();
    String name = a.name().orElseThrow();
    checks.add(
        "seal",
        name,
        frozen.hex(),
        actual.hex(),
        equal(RejectCode.SEAL_MISMATCH, name, frozen, actual));
  }

  private void gate(Lane.Assertion a, Evidence checks) {
    for (Lane.GateCase c : a.cases()) {
      String actual =
          new HardenedRollbackGate()
              .judge(json(c.file()), a.laneId().orElseThrow(), a.rollbackIds())
              .render();
      checks.add(
          "gate case",
          c.file().value(),
          c.expect(),
          actual,
          actual.equals(c.expect())
              ? Verdict.pass()
              : Verdict.reject(
                  RejectCode.INPUT_CASE_MISJUDGED, c.file().value(), c.expect(), actual));
    }
  }

  private List<KbPath> filesOf(Lane.Input input) {
    return input
        .tree()
        .map(
            t ->
                bundle.keySet().stream().filter(p -> p.value().startsWith(t.path() + "/")).toList())
        .orElseGet(() -> input.files().stream().map(Lane.PinnedFile::path).toList());
  }

  private NavigableMap<String, byte[]> under(KbPath folder) {
    NavigableMap<String, byte[]> files = new TreeMap<>();
    String prefix = folder + "/";
    bundle.forEach(
        (path, bytes) -> {
          if (path.value().startsWith(prefix)) {
            files.put(path.value().substring(prefix.length()), bytes);
          }
        });
    return files;
  }

  private JsonNode json(KbPath path) {
    try {
      return Json.parse(bytes(path));
    } catch (IOException e) {
      throw new RefusedException(
          Verdict.reject(
              RejectCode.INPUT_VALUE_MISMATCH,
              path.value(),
              "well-formed JSON",
              "a file that is none"));
    }
  }

  private byte[] bytes(KbPath path) {
    byte[] bytes = bundle.get(path);
    if (bytes == null) {
      throw new RefusedException(
          Verdict.reject(
              RejectCode.INPUT_DIGEST_MISMATCH, path.value(), "a file of the bundle", "none"));
    }
    return bytes;
  }

  private static Verdict equal(RejectCode code, String subject, Digest expected, Digest actual) {
    return expected.equals(actual)
        ? Verdict.pass()
        : Verdict.reject(code, subject, expected.hex(), actual.hex());
  }

  /** Verifies several inputs. */
  public ArrayNode verifyAll(Iterable<Lane.Input> inputs) {
    ArrayNode out = Json.array();
    for (Lane.Input input : inputs) {
      out.add(verify(input));
    }
    return out;
  }
}
