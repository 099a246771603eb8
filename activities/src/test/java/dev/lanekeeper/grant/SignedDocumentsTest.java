package dev.lanekeeper.grant;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lanekeeper.authority.Grant;
import dev.lanekeeper.canonical.CanonicalJson;
import dev.lanekeeper.canonical.Digest;
import dev.lanekeeper.canonical.Json;
import dev.lanekeeper.kb.Attestation;
import dev.lanekeeper.signature.Envelope;
import dev.lanekeeper.signature.SigningKey;
import dev.lanekeeper.testkit.TestLane;
import dev.lanekeeper.workflow.Approval;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What somebody signs is read in one form: each field of each signed document is put to every other
 * kind of value, and each time the answer is a sentence.
 */
final class SignedDocumentsTest {

  private static final Instant NOW = Instant.parse("2026-06-12T10:00:00Z");
  private static final SigningKey KEY = SigningKey.generate();

  /** Reads a document that holds this payload. */
  private interface Reader {
    Object read(JsonNode payload) throws IOException;
  }

  private record Form(JsonNode sound, Reader reader) {}

  private static Map<String, Form> forms() throws Exception {
    TestLane lane = new TestLane(Clock.fixed(NOW, ZoneOffset.UTC));
    Map<String, Form> forms = new LinkedHashMap<>();
    forms.put(
        "grant", new Form(Json.tree(lane.grant()), p -> Grant.in(signed(Grant.PAYLOAD_TYPE, p))));
    forms.put(
        "approval",
        new Form(
            Json.tree(new Approval(1, "a-1", Digest.of("plan"), "kb", NOW)),
            p -> Approval.in(signed(Approval.PAYLOAD_TYPE, p))));
    forms.put(
        "rollback grant",
        new Form(
            Json.tree(
                new RollbackGrant(
                    1, "r-1", "owner", "kb", TestLane.OWNER, NOW, NOW.plusNanos(1), 0)),
            p -> RollbackGrant.in(signed(RollbackGrant.PAYLOAD_TYPE, p))));
    forms.put(
        "trust root",
        new Form(Json.tree(lane.trust()), p -> TrustRoot.read(CanonicalJson.bytes(p))));
    return forms;
  }

  private static Envelope signed(String type, JsonNode payload) {
    return Envelope.sign(type, CanonicalJson.bytes(payload), KEY);
  }

  private static Stream<Arguments> fields() throws Exception {
    List<Arguments> fields = new ArrayList<>();
    forms()
        .forEach(
            (name, form) ->
                places(form.sound(), "").forEach(at -> fields.add(arguments(name, at, form))));
    assertThat(fields).hasSizeGreaterThan(60);
    return fields.stream();
  }

  /** The JSON pointers of everything below a value. */
  private static List<String> places(JsonNode node, String at) {
    List<String> places = new ArrayList<>();
    node.properties()
        .forEach(
            field -> {
              places.add(at + "/" + field.getKey());
              places.addAll(places(field.getValue(), at + "/" + field.getKey()));
            });
    for (int i = 0; node.isArray() && i < node.size(); i++) {
      places.add(at + "/" + i);
      places.addAll(places(node.get(i), at + "/" + i));
    }
    return places;
  }

  private static final Map<String, JsonNode> OTHERS = new LinkedHashMap<>();

  static {
    OTHERS.put("null", Json.object().nullNode());
    OTHERS.put("number", Json.object().numberNode(1718186400L));
    OTHERS.put("text", Json.object().textNode("\u001b[2J other\n"));
    OTHERS.put("empty", Json.object().textNode(""));
    OTHERS.put("truth", Json.object().booleanNode(true));
    OTHERS.put("list", Json.array());
    OTHERS.put("list of null", Json.array().addNull());
    OTHERS.put("list of text", Json.array().add("x"));
    OTHERS.put("object", Json.object());
    OTHERS.put("long text", Json.object().textNode("x".repeat(1 << 20)));
  }

  @ParameterizedTest(name = "{0}{1}")
  @MethodSource("fields")
  void field_withAnotherValue_isRefusedWithASentence(String name, String at, Form form) {
    OTHERS.forEach(
        (kind, value) -> {
          JsonNode changed = changed(form.sound(), at, value);
          // An epoch is any number, a list may be empty, a service takes any text as workflow id.
          boolean may =
              switch (kind) {
                case "number" -> at.equals("/revocationEpoch");
                case "text" -> at.matches("/run/(engine|namespace|workflowId)");
                case "list" -> form.sound().at(at).isArray();
                case "list of text" -> at.equals("/actorChain");
                default -> false;
              };
          refused(form, changed, at + " as " + kind, may);
        });
    refused(form, changed(form.sound(), at, null), at + " removed", at.matches(".*/[0-9]+"));
  }

  private static void refused(Form form, JsonNode payload, String what, boolean may) {
    Throwable refusal = catchThrowable(() -> form.reader().read(payload));
    if (refusal == null) {
      assertThat(may).as(what + " is read").isTrue();
      return;
    }
    assertThat(refusal)
        .as(what)
        .isInstanceOfAny(IOException.class, IllegalArgumentException.class)
        .hasMessageContaining("expected ")
        .hasMessageContaining(", found ")
        .message()
        .as(what)
        .hasSizeLessThan(2_500)
        .doesNotContain("\u001b", "\n");
  }

  private static JsonNode changed(JsonNode sound, String at, JsonNode value) {
    JsonNode copy = sound.deepCopy();
    JsonNode parent = copy.at(at.substring(0, at.lastIndexOf('/')));
    String last = at.substring(at.lastIndexOf('/') + 1);
    if (parent instanceof ArrayNode list) {
      if (value == null) {
        list.remove(Integer.parseInt(last));
      } else {
        list.set(Integer.parseInt(last), value);
      }
    } else if (value == null) {
      ((ObjectNode) parent).remove(last);
    } else {
      ((ObjectNode) parent).set(last, value);
    }
    return copy;
  }

  @Test
  void document_asWritten_isRead() throws Exception {
    for (Map.Entry<String, Form> form : forms().entrySet()) {
      Object read = form.getValue().reader().read(form.getValue().sound());
      assertThat(Json.tree(read)).as(form.getKey()).isEqualTo(form.getValue().sound());
    }
  }

  /** Two texts of one moment are two documents for whoever compares texts. */
  @Test
  void time_inAnotherThanTheWrittenForm_isRefused() throws Exception {
    Form grant = forms().get("grant");
    for (String other :
        List.of(
            "2026-06-12T14:00:00+00:00",
            "2026-06-12T16:00:00+02:00",
            "2026-06-12T14:00:00.000Z",
            "2026-06-12T14:00Z",
            "2026-06-12T14:00:00z",
            "2026-06-12 14:00:00Z",
            "2026-06-12",
            "1781272800",
            "1781272800.0",
            " 2026-06-12T14:00:00Z")) {
      JsonNode changed = changed(grant.sound(), "/expiresAt", Json.object().textNode(other));
      refused(grant, changed, other, false);
    }
    JsonNode near =
        changed(grant.sound(), "/expiresAt", Json.object().textNode("2026-06-12T14:00:00.500Z"));
    assertThat(grant.reader().read(near)).isNotNull();
  }

  @Test
  void float_enumInAnotherSpelling_andIdThatIsAPath_areRefused() throws Exception {
    Form grant = forms().get("grant");
    Form trust = forms().get("trust root");
    for (String spelling : List.of("owner", "Owner", "OWNER ", "0")) {
      refused(
          trust,
          changed(trust.sound(), "/keys/0/role", Json.object().textNode(spelling)),
          "",
          false);
    }
    for (String at : List.of("/id", "/kbId", "/delegation", "/authority", "/environment")) {
      for (String id : List.of("../../trust", "a/b", "a b", "-x", "a\nb", "\u041c-1")) {
        refused(grant, changed(grant.sound(), at, Json.object().textNode(id)), at + id, false);
      }
    }
    String floats =
        new String(CanonicalJson.bytes(grant.sound()), StandardCharsets.UTF_8)
            .replace("\"revocationEpoch\":0", "\"revocationEpoch\":0.0");
    Envelope signed =
        Envelope.sign(Grant.PAYLOAD_TYPE, floats.getBytes(StandardCharsets.UTF_8), KEY);
    assertThat(catchThrowable(() -> Grant.in(signed)))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("expected an integer");
  }

  @Test
  void statement_withANull_isNotVerified() throws Exception {
    assertThat(statement(Json.object().put("round", 0))).isTrue();
    assertThat(statement(Json.object().putNull("round"))).isFalse();
    ObjectNode deep = Json.object();
    deep.putArray("list").addObject().putNull("x");
    assertThat(statement(deep)).isFalse();
  }

  private static boolean statement(ObjectNode details) {
    String signed =
        Attestation.sign(KEY, TestLane.OWNER, "S0", Digest.of("plan"), "PASS", Map.of(), details);
    return Attestation.verified(signed, KEY.verifyKey().thumbprint()).isPresent();
  }

  /** A key instead of a grant: the answer may go to another machine. */
  @Test
  void privateKey_givenAsADocument_isNotRepeated() throws Exception {
    String body = KEY.privatePem().replaceAll("-----[A-Z ]+-----|\n", "");
    for (String secret :
        List.of(KEY.privatePem(), body, '"' + body + '"', "{\"payload\":" + body, "[" + body)) {
      byte[] bytes = secret.getBytes(StandardCharsets.UTF_8);
      for (Throwable refusal :
          List.of(
              catchThrowable(() -> Envelope.read(bytes)),
              catchThrowable(() -> Envelope.readCanonical(bytes)),
              catchThrowable(() -> TrustRoot.read(bytes)))) {
        for (Throwable t = refusal; t != null; t = t.getCause()) {
          for (int at = 0; at + 8 <= body.length(); at++) {
            assertThat(t.toString()).doesNotContain(body.substring(at, at + 8));
          }
        }
      }
    }
  }
}
