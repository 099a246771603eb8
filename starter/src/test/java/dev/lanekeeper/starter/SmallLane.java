package dev.lanekeeper.starter;

import dev.lanekeeper.canonical.DirHash;
import dev.lanekeeper.evidence.FileTree;
import dev.lanekeeper.testkit.TestLane;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/** The smallest lane: one new document, and the gate's frozen corpus of an example. */
final class SmallLane {

  private static final Path CORPUS =
      TestLane.ROOT.resolve("examples/handbook-release/inputs/rollback-rehearsal");

  private SmallLane() {}

  static String name(int i) {
    return "small-" + i;
  }

  static String path(int i) {
    return "small/document-" + i + ".md";
  }

  static String text(int i) {
    return "Document " + i + "\n";
  }

  /** Writes the lane's folder. */
  static void write(Path lane, int i) throws IOException {
    for (Map.Entry<String, byte[]> file : FileTree.read(CORPUS).entrySet()) {
      Path copy = lane.resolve("corpus").resolve(file.getKey());
      Files.createDirectories(copy.getParent());
      Files.write(copy, file.getValue());
    }
    Files.writeString(lane.resolve("document.md"), text(i));
    Files.writeString(
        lane.resolve("lane.yaml"),
        """
        apiVersion: lanekeeper.dev/v1
        kind: Lane
        metadata:
          name: %1$s
          id: SMALL_%2$d
          title: One document
          date: "2026-09-01"
        spec:
          authority: EDITORIAL_RELEASE
          delegation: {name: RELEASE_ONE_DOCUMENT, chain: [owner, agent]}
          environment: no-production
          statusToken: SMALL
          inputs:
            - id: corpus
              title: Frozen evidence of a rehearsal
              provenance: fixture
              tree: {path: corpus, digest: "%4$s"}
              asserts:
                - kind: gate
                  laneId: ONCALL_HANDBOOK_REHEARSAL_2026_08
                  rollbackIds: [RB-REH-1, RB-REH-2]
                  cases:
                    - {file: corpus/frozen-evidence.json, expect: PASS}
                    - file: corpus/variants/01-no-mutation.json
                      expect: "ROLLBACK_APPLY_DID_NOT_MUTATE:RB-REH-1"
          changes:
            - id: D-1
              title: The document
              rollbackId: RB-D-1
              stage: S5
              path: %3$s
              source: document.md
              expect: ABSENT
          gate: {name: hardened-rollback/v1, selfTest: corpus}
          surfaces:
            allowed:
              - {kind: kb.document.create, target: "kb:%3$s"}
              - {kind: workspace.write, target: "workspace:*"}
              - {kind: evidence.write, target: "evidence:*"}
            forbidden:
              - name: mail
                title: Mail
                match:
                  - {kind: "mail.*", target: "*"}
          probes:
            - id: P-1
              title: Send mail
              role: probe
              to: scope
              effect: {kind: mail.send, target: "mail:all"}
              expect: "SURFACE_FORBIDDEN:mail"
            - id: C-1
              title: "Control: the lane's own grant"
              role: control
              to: grant
              present: {what: own}
              expect: ALLOWED
          review:
            token: SMALL_CLEAN
            checks:
              - {id: R-1, title: Only the document differs, check: scope-intact}
          next: {decision: HOLD, title: Read the document, preconditions: [none]}
          report:
            title: "{{run.title}}"
            summary: "{{run.statusToken}}"
            sections:
              - heading: What was published
                body: |
                  {{#publication.documents}}
                  - {{path}}
                  {{/publication.documents}}
        """
            .formatted(
                name(i), i, path(i), DirHash.ofBytes(FileTree.read(lane.resolve("corpus"))).hex()));
  }
}
