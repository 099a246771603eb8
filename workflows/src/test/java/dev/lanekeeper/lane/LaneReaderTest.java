package dev.lanekeeper.lane;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.assertj.core.api.Assertions.tuple;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import dev.lanekeeper.canonical.Digest;
import dev.lanekeeper.canonical.Json;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Each bad input gets line, field, expected and found; its near miss is read. */
final class LaneReaderTest {

  /** A whole lane. The line numbers below count in it, from 1. */
  private static final String LANE =
      """
      apiVersion: lanekeeper.dev/v1
      kind: Lane
      metadata:
        name: small
        id: SMALL_LANE
        title: A small lane
        date: "2026-01-02"
      spec:
        authority: TEXT_ONLY
        delegation:
          name: WRITE_TEXT
          chain: [owner, agent]
        environment: test
        statusToken: SMALL
        inputs:
          - id: corpus
            title: Corpus
            provenance: fixture
            tree:
              path: inputs/corpus
              digest: "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
            asserts:
              - kind: gate
                laneId: OTHER_LANE
                rollbackIds: [RB-1]
                cases:
                  - {file: inputs/corpus/good.json, expect: PASS}
                  - {file: inputs/corpus/bad.json, expect: "ROLLBACK_HASH_MISSING:RB-1"}
        pins:
          - id: list
            path: books/list.md
            over: raw
            sha256: "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
        changes:
          - id: C-1
            rollbackId: RB-C-1
            stage: S5
            path: books/one.md
            source: documents/one.md
            expect: ABSENT
          - id: C-2
            rollbackId: RB-C-2
            stage: S6
            path: books/two.md
            source: documents/two.md
            expect: ABSENT
        reservations:
          - prefix: "BK-"
            from: 5
            to: 7
            ceiling: 4
            status: PROPOSED
            applyNow: false
            addendum: C-2
            registries: [list]
        gate:
          name: hardened-rollback/v1
          selfTest: corpus
        surfaces:
          allowed:
            - {kind: kb.document.create, target: "kb:books/*"}
          forbidden:
            - name: deletion
              title: Deletion
              match:
                - {kind: "*.delete", target: "*"}
        probes:
          - id: P-1
            title: Delete
            role: probe
            to: scope
            effect: {kind: kb.document.delete, target: "kb:books/one.md"}
            expect: "SURFACE_FORBIDDEN:deletion"
          - id: P-2
            title: Create
            role: control
            to: scope
            effect: {kind: kb.document.create, target: "kb:books/one.md"}
            expect: ALLOWED
        review:
          token: CLEAN
          checks:
            - {id: R-1, title: Scope, check: scope-intact}
        blockers:
          - {id: B-1, title: Not yet, surfaces: [deletion]}
        next:
          decision: HOLD
          title: Wait
          preconditions: []
      """;

  private static final String PATHS =
      "a relative path of ASCII letters, digits, '.', '-' and '_' with '/' between segments";

  private static final String ONCE = "a value used once (letter case ignored)";

  private static final String EVIDENCE =
      "FILE.json#/pointer with a file of [delegation-and-authority-lock.json, execution-plan.json,"
          + " execution-probes.json, forbidden-surface-proof.json,"
          + " post-execution-review.json, preflight.json,"
          + " production-readiness-blocker-map.json, publication.json, rollback-gate.json,"
          + " rollback-proof.json, scope-lock.json, seal-vs-bytes.json]";

  /** The changes, and the reservation that refers to one of them. */
  private static final String CHANGES =
      LANE.substring(LANE.indexOf("  changes:\n"), LANE.indexOf("  gate:\n"));

  @Test
  void lane_isRead() throws Exception {
    Lane lane = LaneReader.read("lane.yaml", bytes(LANE)).lane();

    assertThat(lane.metadata().name()).isEqualTo(new LaneName("small"));
    assertThat(lane.spec().changes()).extracting(Lane.Change::id).containsExactly("C-1", "C-2");
    assertThat(lane.spec().reservations().get(0).range()).hasToString("BK-5..7");
    assertThat(lane.spec().selfCheck()).isEmpty();
    assertThat(lane.spec().report()).isEmpty();
  }

  /**
   * A case: what stands in the sound lane, what takes its place in the bad one and in the near
   * miss, and the problem.
   */
  @ParameterizedTest(name = "{0}")
  @MethodSource("bad")
  void badInput_isRefusedWithLineAndField(
      String what, String sound, String bad, String nearMiss, LaneProblem problem)
      throws Exception {
    assertThat(refused("lane.yaml", replaced(sound, bad))).containsExactly(problem);
    assertThat(LaneReader.read("lane.yaml", bytes(replaced(sound, nearMiss)))).isNotNull();
  }

  private static Stream<Arguments> bad() {
    return Stream.of(
        // What the form does not know
        bad(
            "unknown field",
            "  environment: test\n",
            "  environment: test\n  colour: red\n",
            "  environment: test\n  openItems: []\n",
            problem(
                14,
                "spec.colour",
                "one of approval, authority, blockers, changes, delegation, environment, gate,"
                    + " gatesSatisfied, inputs, next, openItems, pins, probes, report,"
                    + " reservations, review, selfCheck, statusToken, surfaces",
                "the unknown field 'colour'")),
        bad(
            "unknown field in a list",
            "      rollbackId: RB-C-2\n",
            "      rollbackId: RB-C-2\n      rollback: RB-C-2\n",
            "      rollbackId: RB-C-2\n      title: RB-C-2\n",
            problem(
                43,
                "spec.changes[1].rollback",
                "one of expect, id, path, rollbackId, source, stage, title",
                "the unknown field 'rollback'")),
        bad(
            "probe that expects no known code",
            "expect: \"SURFACE_FORBIDDEN:deletion\"",
            "expect: \"SURFACE_FORBIDDEN2:deletion\"",
            "expect: SURFACE_FORBIDDEN",
            problem(
                73,
                "spec.probes[0].expect",
                "the reject code of the object that decides, as CODE or CODE:subject",
                "SURFACE_FORBIDDEN2:deletion")),
        bad(
            "duplicate key",
            "  id: SMALL_LANE\n",
            "  id: SMALL_LANE\n  id: OTHER_LANE\n",
            "  id: id\n",
            problem(6, "metadata.id", "each field once", "a second 'id'")),
        bad(
            "second document",
            "    preconditions: []\n",
            "    preconditions: []\n---\nkind: Lane\n",
            "    preconditions: []\n...\n# the end\n",
            problem(91, "", "the end of the file", "more after the lane")),
        bad(
            "alias",
            "  title: A small lane\n",
            "  title: *name\n",
            "  title: \"*name\"\n",
            problem(6, "metadata.title", "the plain value", "the alias *name")),
        bad(
            "alias of an anchor",
            "    selfTest: corpus\n",
            "    selfTest: *corpus\n",
            "    selfTest: corpus # *corpus\n",
            problem(58, "spec.gate.selfTest", "the plain value", "the alias *corpus")),
        bad(
            "anchor",
            "  title: A small lane\n",
            "  title: &t A small lane\n",
            "  title: \"&t A small lane\"\n",
            problem(6, "metadata.title", "the plain value", "the anchor &t")),
        bad(
            "anchor on an integer",
            "      from: 5\n",
            "      from: &f 5\n",
            "      from: 5 # &f\n",
            problem(49, "spec.reservations[0].from", "the plain value", "the anchor &f")),
        bad(
            "anchor on a map",
            "  delegation:\n",
            "  delegation: &d\n",
            "  delegation: # &d\n",
            problem(10, "spec.delegation", "the plain value", "the anchor &d")),
        bad(
            "merge key",
            "  delegation:\n",
            "  delegation:\n    <<: {}\n",
            "  delegation:\n    # <<: {}\n",
            problem(11, "spec.delegation.<<", "one of chain, name", "the unknown field '<<'")),
        bad(
            "tag",
            "  title: A small lane\n",
            "  title: !!str A small lane\n",
            "  title: '!!str A small lane'\n",
            problem(6, "metadata.title", "the plain value", "the tag tag:yaml.org,2002:str")),
        bad(
            "null",
            "  title: A small lane\n",
            "  title: null\n",
            "  title: 'null'\n",
            problem(6, "metadata.title", "text, an integer, true, false, a list or a map", "null")),
        bad(
            "no value",
            "  environment: test\n",
            "  environment:\n",
            "  environment: 'test'\n",
            problem(
                13, "spec.environment", "text, an integer, true, false, a list or a map", "null")),
        bad(
            "fraction",
            "      from: 5\n",
            "      from: 5.0\n",
            "      from: 6\n",
            problem(
                49,
                "spec.reservations[0].from",
                "text, an integer, true, false, a list or a map",
                "the fraction 5.0")),
        // Wrong types
        bad(
            "text for an integer",
            "      from: 5\n",
            "      from: five\n",
            "      from: 6\n",
            problem(49, "spec.reservations[0].from", "an integer", "\"five\"")),
        bad(
            "digits in quotes for an integer",
            "      to: 7\n",
            "      to: \"7\"\n",
            "      to: 8\n",
            problem(50, "spec.reservations[0].to", "an integer", "\"7\"")),
        bad(
            "text for a truth value",
            "      applyNow: false\n",
            "      applyNow: \"false\"\n",
            "      applyNow: false # as text\n",
            problem(53, "spec.reservations[0].applyNow", "true or false", "\"false\"")),
        bad(
            "text for a list",
            "    chain: [owner, agent]\n",
            "    chain: owner\n",
            "    chain: [owner]\n",
            problem(12, "spec.delegation.chain", "a list", "\"owner\"")),
        bad(
            "list for a map",
            "  gate:\n    name: hardened-rollback/v1\n    selfTest: corpus\n",
            "  gate: [corpus]\n",
            "  gate: {name: hardened-rollback/v1, selfTest: corpus}\n",
            problem(56, "spec.gate", "a map", "a list")),
        bad(
            "map for text",
            "  environment: test\n",
            "  environment: {label: test}\n",
            "  environment: 'label-test'\n",
            problem(13, "spec.environment", "text", "a map")),
        // Missing
        bad(
            "missing field",
            "  authority: TEXT_ONLY\n",
            "",
            "  authority: A\n",
            problem(8, "spec.authority", "the required field 'authority'", "nothing")),
        bad(
            "missing field in a list",
            "      source: documents/two.md\n",
            "",
            "      source: documents/one.md\n",
            problem(41, "spec.changes[1].source", "the required field 'source'", "nothing")),
        bad(
            "missing field by kind",
            "          laneId: OTHER_LANE\n",
            "",
            "          laneId: A\n",
            problem(23, "spec.inputs[0].asserts[0].laneId", "the field 'laneId'", "nothing")),
        // Names, digests, heads
        bad(
            "lane name",
            "  name: small\n",
            "  name: Small\n",
            "  name: small-2\n",
            problem(
                4,
                "metadata.name",
                "a lane name of lower-case letters, digits and hyphens, at most 63 characters",
                "'Small'")),
        bad(
            "digest in upper case",
            "b".repeat(64),
            "B".repeat(64),
            "0b".repeat(32),
            problem(
                33,
                "spec.pins[0].sha256",
                "64 lower-case hexadecimal digits (SHA-256)",
                "'" + "B".repeat(64) + "'")),
        bad(
            "head",
            "      source: documents/two.md\n      expect: ABSENT\n",
            "      source: documents/two.md\n      expect: {revision: 1}\n",
            "      source: documents/two.md\n      expect: {revision: 1, sha256: \""
                + "c".repeat(64)
                + "\"}\n",
            problem(
                46,
                "spec.changes[1].expect",
                "ABSENT, or revision and sha256",
                "{\"revision\":1}")),
        // Paths
        path("path that climbs out", "books/../../one.md", "books/_..md/one.md"),
        path("path that starts above", "../one.md", "_/one.md"),
        path("absolute path", "/books/one.md", "books/one.md/x"),
        path("path with a non-ASCII letter", "books/\u00f6ne.md", "books/oene.md"),
        path("path with a letter that looks like another", "b\u043eoks/one.md", "b0oks/one.md"),
        path("empty segment", "books//one.md", "books/_/one.md"),
        path("empty last segment", "books/one.md/", "books/one.md-"),
        path("hidden file", "books/.one.md", "books/_.one.md"),
        path("backslash", "books\\one.md", "books-one.md"),
        bad(
            "path that differs by case only",
            "      path: books/two.md\n",
            "      path: Books/ONE.md\n",
            "      path: books/ONE-2.md\n",
            problem(
                44,
                "spec.changes[1].path",
                "a value used once (letter case ignored)",
                "a second 'books/one.md'")),
        bad(
            "folder that differs by case only",
            "      path: books/two.md\n",
            "      path: Books/two.md\n",
            "      path: books2/two.md\n",
            problem(44, "spec.changes[1].path", "a path that can be beside 'books/'", "Books/")),
        bad(
            "document in the place of a folder",
            "      path: books/two.md\n",
            "      path: books/one.md/two.md\n",
            "      path: books/one/two.md\n",
            problem(
                44,
                "spec.changes[1].path",
                "a path that can be beside 'books/one.md'",
                "books/one.md/")),
        bad(
            "pinned path",
            "      path: books/two.md\n",
            "      path: books/LIST.md\n",
            "      path: books/list-2.md\n",
            problem(44, "spec.changes[1].path", "a path that no pin holds fast", "books/LIST.md")),
        // Stages, ids, references
        bad(
            "stage that does not publish",
            "      stage: S6\n",
            "      stage: S3\n",
            "      stage: S5\n",
            problem(43, "spec.changes[1].stage", "S5 or S6", "S3")),
        bad(
            "stage that does not exist",
            "      stage: S6\n",
            "      stage: S9\n",
            "      stage: S5\n",
            problem(43, "spec.changes[1].stage", "one of S0 to S7", "'S9'")),
        bad(
            "rollback id used twice",
            "      rollbackId: RB-C-2\n",
            "      rollbackId: RB-C-1\n",
            "      rollbackId: C-1\n",
            problem(
                42,
                "spec.changes[1].rollbackId",
                "a value used once (letter case ignored)",
                "a second 'RB-C-1'")),
        bad(
            "reference to a change",
            "      addendum: C-2\n",
            "      addendum: C-3\n",
            "      addendum: C-1\n",
            problem(54, "spec.reservations[0].addendum", "one of C-1, C-2", "'C-3'")),
        bad(
            "reference to a pin",
            "      registries: [list]\n",
            "      registries: [list, lists]\n",
            "      registries: [list, list]\n",
            problem(55, "spec.reservations[0].registries[1]", "one of list", "'lists'")),
        bad(
            "reference to an input without a gate assert",
            "    selfTest: corpus\n",
            "    selfTest: corpse\n",
            "    selfTest: \"corpus\"\n",
            problem(
                58,
                "spec.gate.selfTest",
                "the id of an input with an assert of kind gate",
                "corpse")),
        bad(
            "reference to a surface",
            "surfaces: [deletion]",
            "surfaces: [Deletion]",
            "surfaces: []",
            problem(85, "spec.blockers[0].surfaces[0]", "one of deletion", "'Deletion'")),
        bad(
            "range upside down",
            "      to: 7\n",
            "      to: 4\n",
            "      to: 5\n",
            problem(
                50,
                "spec.reservations[0].to",
                "from 0 upwards, to not below from, at most 100000 ids",
                "5..4")),
        bad(
            "blank prefix",
            "    - prefix: \"BK-\"\n",
            "    - prefix: \" \"\n",
            "    - prefix: \"B\"\n",
            problem(
                48,
                "spec.reservations[0].prefix",
                "a prefix of at most 50 ASCII letters, digits, '.', '-' and '_' that begins with a"
                    + " letter or a digit",
                "' '")),
        bad(
            "provenance of a pin",
            "      over: raw\n",
            "      over: raw\n      provenance: real\n",
            "      over: raw\n      provenance: fixture\n",
            problem(33, "spec.pins[0].provenance", "one of fixture", "'real'")),
        bad(
            "delegation from nobody",
            "    chain: [owner, agent]\n",
            "    chain: []\n",
            "    chain: [agent]\n",
            problem(
                12,
                "spec.delegation.chain",
                "the chain of actors, from the person down",
                "nobody")),
        bad(
            "no changes",
            CHANGES,
            "  changes: []\n",
            CHANGES.substring(0, CHANGES.indexOf("    - id: C-2\n")),
            problem(34, "spec.changes", "at least one change", "none")),
        bad(
            "reference to a blocker",
            "  next:\n",
            "  openItems:\n    - {id: O-1, title: Later, reason: Time, blocker: B-2}\n  next:\n",
            "  openItems:\n    - {id: O-1, title: Later, reason: Time, blocker: B-1}\n  next:\n",
            problem(87, "spec.openItems[0].blocker", "one of B-1", "'B-2'")),
        // What a review check is about
        subject("pins-intact", "nowhere", "[list]", "one of list"),
        subject("prior-verdicts-intact", "list", "[corpus]", "one of corpus"),
        subject("scope-intact", "list", "[]", "none"),
        // What a self-check looks at
        selfCheck("file that is no evidence", "scope.json#/a", "scope-lock.json#/a"),
        selfCheck("evidence without a place in it", "scope-lock.json", "scope-lock.json#"),
        selfCheck("evidence with no JSON pointer", "scope-lock.json#a", "scope-lock.json#/a/0"),
        // Ids, each used once
        twice(
            "  pins:\n",
            "    - {id: %s, title: More, files: [{path: inputs/more, sha256: \""
                + "c".repeat(64)
                + "\"}]}\n",
            "corpus",
            problem(29, "spec.inputs[1].id", ONCE, "a second 'corpus'")),
        twice(
            "  changes:\n",
            "    - {id: %s, path: books/more.md, over: raw, sha256: \"" + "c".repeat(64) + "\"}\n",
            "list",
            problem(34, "spec.pins[1].id", ONCE, "a second 'list'")),
        twice(
            "  changes:\n",
            "    - {id: more, path: %s, over: raw, sha256: \"" + "c".repeat(64) + "\"}\n",
            "books/LIST.md",
            problem(34, "spec.pins[1].path", ONCE, "a second 'books/list.md'")),
        twice(
            "  reservations:\n",
            "    - {id: %s, rollbackId: RB-C-3, stage: S5, path: books/more.md,"
                + " source: documents/more.md, expect: ABSENT}\n",
            "C-1",
            problem(47, "spec.changes[2].id", ONCE, "a second 'C-1'")),
        twice(
            "  probes:\n",
            "      - {name: %s, title: More, match: [{kind: \"*.move\", target: \"*\"}]}\n",
            "deletion",
            problem(67, "spec.surfaces.forbidden[1].name", ONCE, "a second 'deletion'")),
        twice(
            "  probes:\n",
            "    excluded: [{id: X-1, title: One, classification: LATER, reason: Time},"
                + " {id: %s, title: More, classification: LATER, reason: Time}]\n",
            "X-1",
            problem(67, "spec.surfaces.excluded[1].id", ONCE, "a second 'X-1'")),
        twice(
            "  review:\n",
            "    - {id: %s, title: More, role: near-miss, to: scope,"
                + " effect: {kind: kb.document.create, target: \"kb:books/1\"}, expect: ALLOWED}\n",
            "P-1",
            problem(80, "spec.probes[2].id", ONCE, "a second 'P-1'")),
        twice(
            "  blockers:\n",
            "      - {id: %s, title: More, check: gate-passed}\n",
            "R-1",
            problem(84, "spec.review.checks[1].id", ONCE, "a second 'R-1'")),
        twice(
            "  next:\n",
            "    - {id: %s, title: More, surfaces: []}\n",
            "B-1",
            problem(86, "spec.blockers[1].id", ONCE, "a second 'B-1'")));
  }

  /** A person who reads m-1 beside M-1 takes them for one. */
  @Test
  void id_thatDiffersByLetterCaseAlone_isRefused() throws Exception {
    String change =
        LANE.replace("- id: C-2", "- id: c-1").replace("addendum: C-2", "addendum: c-1");
    assertThat(refused("lane.yaml", change))
        .containsExactly(problem(41, "spec.changes[1].id", ONCE, "a second 'c-1'"));
    String rollback = replaced("rollbackId: RB-C-2", "rollbackId: rb-c-1");
    assertThat(refused("lane.yaml", rollback))
        .extracting(LaneProblem::field)
        .containsExactly("spec.changes[1].rollbackId");
    String probe = replaced("    - id: P-2\n", "    - id: p-1\n");
    assertThat(refused("lane.yaml", probe))
        .extracting(LaneProblem::field)
        .containsExactly("spec.probes[1].id");
    String cyrillic = LANE.replace("- id: C-2", "- id: \u0421-1").replace(": C-2", ": \u0421-1");
    assertThat(refused("lane.yaml", cyrillic))
        .extracting(LaneProblem::line, LaneProblem::field)
        .containsExactly(tuple(41, "spec.changes[1].id"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"2026-02-30", "2026-1-2", "02-01-2026", "today", "2026-01-02T00:00:00Z"})
  void date_thatIsNoDayOfTheCalendar_isRefused(String date) throws Exception {
    assertThat(refused("lane.yaml", replaced("2026-01-02", date)))
        .containsExactly(problem(7, "metadata.date", "a date as yyyy-mm-dd", "'" + date + "'"));
    assertThat(LaneReader.read("lane.yaml", bytes(replaced("2026-01-02", "2024-02-29"))))
        .isNotNull();
  }

  /** A hundred problems are more than anybody reads; a file can hold a hundred thousand. */
  @Test
  void problems_areCounted_andEachIsShort() {
    String many = "registries: [list" + ", lists".repeat(20_000) + "]";
    assertThat(refused("lane.yaml", replaced("registries: [list]", many)))
        .hasSize(100)
        .allSatisfy(problem -> assertThat(problem.render().length()).isLessThan(2_000));
  }

  /** Each of the two stands in the way of the other. */
  @Test
  void reservations_thatOverlap() throws Exception {
    String more =
        "    - {prefix: \"%s\", from: %d, to: 9, ceiling: 4, status: PROPOSED, applyNow: false,"
            + " addendum: C-2, registries: [list]}\n  gate:\n";

    assertThat(refused("lane.yaml", replaced("  gate:\n", more.formatted("BK-", 7))))
        .extracting(LaneProblem::line, LaneProblem::field, LaneProblem::found)
        .containsExactly(
            tuple(48, "spec.reservations[0]", "BK-5..7"),
            tuple(56, "spec.reservations[1]", "BK-7..9"));
    for (String apart : List.of(more.formatted("BK-", 8), more.formatted("BOOK-", 7))) {
      assertThat(LaneReader.read("lane.yaml", bytes(replaced("  gate:\n", apart)))).isNotNull();
    }
  }

  /** Readers of YAML differ in which of these are true or false and which are text. */
  @ParameterizedTest
  @ValueSource(strings = {"yes", "no", "on", "off", "y", "n", "No", "OFF", "TRUE", "False"})
  void truthWord_isRefused(String word) throws Exception {
    String found = "the word " + word + ", which YAML may read as a truth value: quote it";

    assertThat(refused("lane.yaml", replaced("A small lane", word)))
        .containsExactly(problem(6, "metadata.title", "the plain value", found));
    assertThat(refused("lane.yaml", replaced("applyNow: false", "applyNow: " + word)))
        .containsExactly(problem(53, "spec.reservations[0].applyNow", "the plain value", found));
    for (String text : List.of("'" + word + "'", word + " way")) {
      assertThat(LaneReader.read("lane.yaml", bytes(replaced("A small lane", text)))).isNotNull();
    }
  }

  /** Readers of YAML differ in what such a number is, or whether it is one. */
  @ParameterizedTest
  @ValueSource(strings = {"010", "-010", "0x10", "0o10", "0b10", "1_0", "+10"})
  void number_inAnotherThanThePlainForm_isRefused(String number) throws Exception {
    LaneProblem title =
        problem(
            6,
            "metadata.title",
            "the plain value",
            "the number " + number + " in another than the plain decimal form");

    assertThat(refused("lane.yaml", replaced("A small lane", number))).containsExactly(title);
    assertThat(refused("lane.yaml", replaced("ceiling: 4", "ceiling: " + number)))
        .containsExactly(
            problem(51, "spec.reservations[0].ceiling", title.expected(), title.found()));
    assertThat(LaneReader.read("lane.yaml", bytes(replaced("A small lane", "'" + number + "'"))))
        .isNotNull();
  }

  @ParameterizedTest
  @ValueSource(strings = {"10", "0", "-10"})
  void number_inThePlainForm_isRead(String number) throws Exception {
    Lane lane =
        LaneReader.read("lane.yaml", bytes(replaced("ceiling: 4", "ceiling: " + number))).lane();

    assertThat(lane.spec().reservations().get(0).ceiling()).isEqualTo(Integer.parseInt(number));
  }

  @Test
  void severalProblems_areReportedTogether() {
    String bad =
        replaced("      addendum: C-2\n", "      addendum: C-3\n")
            .replace("check: scope-intact", "check: scope")
            .replace("kind: Lane\n", "kind: Boat\n");

    assertThat(refused("lane.yaml", bad))
        .extracting(LaneProblem::line, LaneProblem::field)
        .containsExactly(
            tuple(2, "kind"),
            tuple(54, "spec.reservations[0].addendum"),
            tuple(83, "spec.review.checks[0].check"));
  }

  /** The parser tells the line only roughly: the text stands in line 90. */
  @Test
  void trailingText_afterYaml() throws Exception {
    for (String trailing : List.of("trailing\n", "...\ntrailing\n", "]\n")) {
      assertThat(refused("lane.yaml", LANE + trailing))
          .singleElement()
          .satisfies(
              problem -> {
                assertThat(problem.line()).isBetween(89, 91);
                assertThat(problem.expected()).isEqualTo("well-formed YAML");
              });
    }
    assertThat(LaneReader.read("lane.yaml", bytes(LANE + "# trailing\n\n"))).isNotNull();
  }

  @Test
  void emptyFile() throws Exception {
    assertThat(refused("lane.yaml", "# nothing\n"))
        .containsExactly(problem(1, "", "a lane", "an empty file"));
  }

  @Test
  void bytesThatAreNotUtf8() throws Exception {
    byte[] latin1 = replaced("A small lane", "Caf\u00e9").getBytes(StandardCharsets.ISO_8859_1);

    assertThat(refusal("lane.yaml", latin1).problems())
        .containsExactly(problem(0, "", "UTF-8 text", "other bytes"));
    assertThat(LaneReader.read("lane.yaml", bytes(replaced("A small lane", "Caf\u00e9"))))
        .isNotNull();
  }

  @Test
  void trailingValue_afterJson() throws Exception {
    String json = json(LANE);
    int end = (int) json.lines().count();

    assertThat(refused("lane.json", json + "{}\n"))
        .containsExactly(jsonProblem(end + 1, "", "the end of the file", "more after the lane"));
    assertThat(refused("lane.json", json + "]\n").get(0))
        .satisfies(
            problem -> {
              assertThat(problem.line()).isEqualTo(end + 1);
              assertThat(problem.expected()).isEqualTo("well-formed JSON");
            });
    assertThat(LaneReader.read("lane.json", bytes(json + " \n\t\n"))).isNotNull();
  }

  @Test
  void problemInJson_hasItsLine() throws Exception {
    String json = json(LANE);

    assertThat(refused("lane.json", json.replace("\"kind\": \"Lane\"", "\"kind\": \"Boat\"")))
        .containsExactly(jsonProblem(3, "kind", "Lane", "Boat"));
    assertThat(
            refused(
                "lane.json",
                json.replace("\"kind\": \"Lane\"", "\"kind\": \"Lane\",\n  \"kind\": \"Lane\"")))
        .containsExactly(jsonProblem(4, "kind", "each field once", "a second 'kind'"));
    assertThat(refused("lane.json", json.replace("\"kind\": \"Lane\"", "\"kind\": null")))
        .containsExactly(
            jsonProblem(3, "kind", "text, an integer, true, false, a list or a map", "null"));
  }

  @Test
  void render_namesFileLineAndField() {
    assertThat(refusal("dir/lane.yaml", bytes(replaced("from: 5", "from: five"))))
        .hasMessage(
            "dir/lane.yaml:49: spec.reservations[0].from: expected an integer, found \"five\"");
  }

  @Test
  void yamlAndJson_haveTheSamePlanDigest() throws Exception {
    assertThat(digest("lane.json", json(LANE))).isEqualTo(digest("lane.yaml", LANE));
    assertThat(digest("lane.yaml", json(LANE))).isEqualTo(digest("lane.yaml", LANE));
    assertThat(digest("lane.yaml", replaced("A small lane", "\"A small lane\" # quoted")))
        .isEqualTo(digest("lane.yaml", LANE));
    assertThat(digest("lane.yaml", replaced("A small lane", "a small lane")))
        .isNotEqualTo(digest("lane.yaml", LANE));
  }

  @ParameterizedTest
  @ValueSource(strings = {"fix7-p0", "handbook-release"})
  void example_hasTheSamePlanDigestAsJson(String name) throws Exception {
    Path root = Path.of(System.getProperty("lanekeeper.root"));
    String yaml = Files.readString(root.resolve("examples").resolve(name).resolve("lane.yaml"));

    assertThat(digest("lane.json", json(yaml))).isEqualTo(digest("lane.yaml", yaml));
  }

  private static Arguments bad(
      String what, String sound, String bad, String nearMiss, LaneProblem problem) {
    return arguments(what, sound, bad, nearMiss, problem);
  }

  private static Arguments path(String what, String bad, String nearMiss) {
    return bad(
        what,
        "      path: books/one.md\n",
        "      path: '" + bad + "'\n",
        "      path: '" + nearMiss + "'\n",
        problem(38, "spec.changes[0].path", PATHS, "'" + bad + "'"));
  }

  private static Arguments subject(String check, String bad, String nearMiss, String expected) {
    String line = "{id: R-1, title: Scope, check: " + check + ", subjects: ";
    return bad(
        "subject of " + check,
        "{id: R-1, title: Scope, check: scope-intact}",
        line + "[" + bad + "]}",
        line + nearMiss + "}",
        problem(83, "spec.review.checks[0].subjects[0]", expected, "'" + bad + "'"));
  }

  private static Arguments selfCheck(String what, String bad, String nearMiss) {
    String line = "  selfCheck:\n    - {text: Scope, evidence: \"%s\", equals: true}\n  next:\n";
    return bad(
        what,
        "  next:\n",
        line.formatted(bad),
        line.formatted(nearMiss),
        problem(87, "spec.selfCheck[0].evidence", EVIDENCE, bad));
  }

  /** One entry more at the end of a list, with a value that stands there already. */
  private static Arguments twice(String next, String entry, String value, LaneProblem problem) {
    return bad(
        problem.field(),
        next,
        entry.formatted(value) + next,
        entry.formatted(value + "-2") + next,
        problem);
  }

  private static LaneProblem problem(int line, String field, String expected, String found) {
    return new LaneProblem("lane.yaml", line, field, expected, found);
  }

  private static LaneProblem jsonProblem(int line, String field, String expected, String found) {
    return new LaneProblem("lane.json", line, field, expected, found);
  }

  private static String replaced(String sound, String by) {
    assertThat(LANE).containsOnlyOnce(sound);
    return LANE.replace(sound, by);
  }

  private static List<LaneProblem> refused(String file, String text) {
    return refusal(file, bytes(text)).problems();
  }

  private static InvalidLaneException refusal(String file, byte[] bytes) {
    InvalidLaneException refusal =
        catchThrowableOfType(InvalidLaneException.class, () -> LaneReader.read(file, bytes));
    assertThat(refusal).as("the refusal").isNotNull();
    return refusal;
  }

  private static Digest digest(String file, String text) throws InvalidLaneException {
    Map<KbPath, Digest> files = Map.of(new KbPath("documents/one.md"), Digest.of("one"));
    return Plan.of(LaneReader.read(file, bytes(text)), files).digest();
  }

  private static String json(String yaml) throws Exception {
    JsonNode tree = new ObjectMapper(new YAMLFactory()).readTree(yaml);
    return new String(Json.pretty(tree), StandardCharsets.UTF_8);
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
