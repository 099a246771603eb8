package dev.lanekeeper.hostile;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lanekeeper.canonical.CanonicalJson;
import dev.lanekeeper.canonical.Digest;
import dev.lanekeeper.canonical.Json;
import dev.lanekeeper.lane.Stage;
import dev.lanekeeper.packet.Bag;
import dev.lanekeeper.packet.PacketFiles;
import dev.lanekeeper.packet.TestPacket;
import dev.lanekeeper.signature.Envelope;
import dev.lanekeeper.signature.SigningKey;
import dev.lanekeeper.testkit.TestLane;
import dev.lanekeeper.workflow.LaneEnd;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;

/**
 * Packets right and wrong, made from a seed: each is a packet that was altered once or twice,
 * before or after it was signed, by somebody who holds all the keys or none. Each check is reached
 * by some.
 */
final class AlteredPackets {

  /**
   * One packet.
   *
   * @param what how it was altered
   * @param files its files
   * @param folders empty folders beside them
   * @param key what is given as the owner's key
   */
  record Altered(String what, Map<String, byte[]> files, List<String> folders, String key) {}

  /** What is to be signed; the payload's bytes, each a character. */
  private record Statement(String type, String payload, SigningKey key) {
    Statement(String type, byte[] payload, SigningKey key) {
      this(type, latin(payload), key);
    }

    byte[] bytes() {
      return latin(payload);
    }
  }

  private static final String LOCK = PacketFiles.LOCK;

  /**
   * A packet to begin with.
   *
   * @param lane whose keys sign it
   * @param files its files
   */
  private record Base(TestLane lane, Map<String, byte[]> files) {}

  private final SigningKey stranger = SigningKey.generate();
  private final List<Base> bases = new ArrayList<>();

  AlteredPackets(Path folder) throws Exception {
    TestPacket maker = new TestPacket(folder);
    add(maker, maker.seal());
    // Few statements cost few processes: most packets are made from these.
    maker.rejectedAfter(Stage.S2);
    add(maker, maker.seal(maker.lane().executor(), "SEAL", LaneEnd.REJECTED));
    maker.rejectedAfter(Stage.S1);
    add(maker, maker.seal(maker.lane().executor(), "SEAL", LaneEnd.ABORTED));
    add(maker, maker.seal());
    TestPacket updates = TestPacket.ofUpdates(folder.resolve("updates"));
    updates.rejectedAfter(Stage.S1);
    add(updates, updates.seal(updates.lane().executor(), "SEAL", LaneEnd.ABORTED));
  }

  private void add(TestPacket maker, Map<String, byte[]> files) {
    bases.add(new Base(maker.lane(), files));
  }

  /** The packet of this number, always altered in the same way. */
  Altered altered(long number) throws IOException {
    return new Making(new Random(number)).make();
  }

  private static String latin(byte[] bytes) {
    return new String(bytes, StandardCharsets.ISO_8859_1);
  }

  private static byte[] latin(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  /** One packet in the making. */
  private final class Making {

    private final Random random;
    private final List<String> what = new ArrayList<>();
    private final List<String> folders = new ArrayList<>();
    private final Map<String, byte[]> files;
    private final List<Statement> statements = new ArrayList<>();
    private final Map<Integer, String> envelopes = new TreeMap<>();
    private Statement grant;
    private boolean grantInAnotherForm;
    private final TestLane lane;
    private String key;
    private final List<Runnable> afterwards = new ArrayList<>();
    private String order = "";

    Making(Random random) throws IOException {
      this.random = random;
      int[] weights = {0, 1, 1, 2, 2, 2, 3, 4, 4};
      Base base = bases.get(weights[random.nextInt(weights.length)]);
      lane = base.lane();
      key = lane.owner().verifyKey().thumbprint().hex();
      files = new TreeMap<>(base.files());
      Envelope envelope = Envelope.read(files.get(PacketFiles.GRANT));
      grant = new Statement(envelope.payloadType(), envelope.payload(), lane.owner());
      for (String line : latin(files.get(PacketFiles.ATTESTATIONS)).split("\n")) {
        Envelope signed = Envelope.read(latin(line));
        boolean review = Json.parse(signed.payload()).at("/predicate/stage").asText().equals("S7");
        SigningKey by = review ? lane.reviewer() : lane.executor();
        statements.add(new Statement(signed.payloadType(), signed.payload(), by));
      }
    }

    Altered make() throws IOException {
      int times = pick(0, 1, 1, 1, 1, 1, 2, 2);
      for (int i = 0; i < times; i++) {
        try {
          alter();
        } catch (IOException | ClassCastException altered) {
          // What the first alteration left cannot be read; it stays as it is.
        }
      }
      byte[] before = files.get(PacketFiles.GRANT);
      if (!grantInAnotherForm) {
        files.put(PacketFiles.GRANT, sign(grant));
      }
      replaceDigest(Digest.of(before), Digest.of(files.get(PacketFiles.GRANT)));
      attest();
      afterwards.forEach(Runnable::run);
      return new Altered(String.join(", ", what), files, folders, key);
    }

    private byte[] sign(Statement statement) {
      return Envelope.sign(statement.type(), statement.bytes(), statement.key()).bytes();
    }

    /** Lets every statement name the file as it now is. */
    private void replaceDigest(Digest before, Digest after) {
      statements.replaceAll(
          s ->
              new Statement(
                  s.type(), latin(s.payload().replace(before.hex(), after.hex())), s.key()));
      grant =
          new Statement(
              grant.type(), latin(grant.payload().replace(before.hex(), after.hex())), grant.key());
    }

    /** Signs the statements and closes the bag. */
    private void attest() throws IOException {
      StringBuilder lines = new StringBuilder();
      int last = statements.size() - 1;
      for (int i = 0; i <= last; i++) {
        Statement statement = statements.get(i);
        if (i == last) {
          String sealed = Digest.of(lines.toString()).hex();
          String payload =
              statement
                  .payload()
                  .replaceFirst(
                      "\"statements\":\"[0-9a-f]{64}\"", "\"statements\":\"" + sealed + "\"");
          statement = new Statement(statement.type(), latin(payload), statement.key());
        }
        String line =
            envelopes.containsKey(i) ? form(envelopes.get(i), statement) : latin(sign(statement));
        lines.append(line).append('\n');
        if (i == last) {
          files.put(PacketFiles.ATTESTATIONS, latin(ordered(lines.toString())));
          Map<String, byte[]> bag = new TreeMap<>(files);
          List.of("bag-info.txt", "bagit.txt", "manifest-sha256.txt", PacketFiles.TAG_MANIFEST)
              .forEach(bag::remove);
          files.putAll(Bag.close(bag, info(statement.bytes())));
        }
      }
    }

    private Bag.Info info(byte[] payload) {
      JsonNode predicate = Json.object();
      try {
        predicate = Json.parse(payload).path("predicate");
      } catch (IOException unreadable) {
        // Then whatever bag-info.txt says fits as well.
      }
      return new Bag.Info(
          predicate.path("baggingDate").asText(),
          predicate.path("bagSoftwareAgent").asText(),
          predicate.path("externalIdentifier").asText());
    }

    private String ordered(String lines) {
      return switch (order) {
        case "torn" -> lines.substring(0, lines.length() - 1);
        case "CR LF" -> lines.replace("\n", "\r\n");
        case "blank" -> lines + "\n";
        case "blank first" -> "\n" + lines;
        case "NUL" -> lines.replaceFirst("\n", "\u0000\n");
        case "none" -> "";
        case "one line feed" -> "\n";
        case "twice" -> lines + lines;
        case "all bytes" -> lines + "\u00ff\n";
        case "swapped" -> {
          List<String> all = new ArrayList<>(Arrays.asList(lines.split("\n")));
          Collections.swap(all, 0, all.size() - 1);
          yield String.join("\n", all) + "\n";
        }
        default -> lines;
      };
    }

    @SafeVarargs
    private <T> T pick(T... of) {
      return of[random.nextInt(of.length)];
    }

    private void note(String text) {
      what.add(text);
    }

    private void alter() throws IOException {
      switch (random.nextInt(17)) {
        case 0 -> {
          byte[] payload = text("the grant's payload", grant.bytes(), false);
          grant = new Statement(grant.type(), payload, grant.key());
        }
        case 1 -> {
          note("the grant's envelope");
          files.put(PacketFiles.GRANT, latin(form(latin(sign(grant)), grant)));
          grantInAnotherForm = true;
        }
        case 2, 3 -> replace(LOCK, text("the lock", files.get(LOCK), true));
        case 4 -> key();
        case 5, 6, 7 -> {
          int i = random.nextInt(statements.size());
          payload(i, text("statement " + i, statements.get(i).bytes(), false));
        }
        case 8 -> {
          int i = random.nextInt(statements.size());
          note("envelope " + i);
          envelopes.put(i, "");
        }
        case 9 -> subjects();
        case 10 -> sealed();
        case 11 -> order();
        case 12 -> {
          String name = file("data/");
          replace(name, text(name, files.get(name), true));
        }
        case 13 -> {
          String name = file("");
          byte[] bytes = text(name + " afterwards", files.get(name), true);
          boolean fit = random.nextBoolean();
          afterwards.add(
              () -> {
                files.put(name, bytes);
                if (fit) {
                  fit();
                }
              });
        }
        case 14 -> tree();
        case 15 -> bag();
        default -> signer();
      }
    }

    private String file(String prefix) {
      List<String> names = files.keySet().stream().filter(n -> n.startsWith(prefix)).toList();
      return names.get(random.nextInt(names.size()));
    }

    private void replace(String name, byte[] bytes) {
      replaceDigest(Digest.of(files.get(name)), Digest.of(bytes));
      files.put(name, bytes);
    }

    private void payload(int i, byte[] payload) {
      Statement old = statements.get(i);
      statements.set(i, new Statement(old.type(), payload, old.key()));
    }

    private void fit() {
      Map<String, byte[]> all = new TreeMap<>(files);
      String info = latin(all.remove("bag-info.txt"));
      all.remove("bagit.txt");
      all.remove("manifest-sha256.txt");
      all.remove(PacketFiles.TAG_MANIFEST);
      byte[] declaration = files.get("bagit.txt");
      files.putAll(Bag.close(all, new Bag.Info(line(info, 1), line(info, 0), line(info, 2))));
      if (!Arrays.equals(declaration, files.get("bagit.txt"))) {
        files.put("bagit.txt", declaration);
      }
    }

    private static String line(String info, int number) {
      String[] lines = info.split("\n", -1);
      return number < lines.length ? lines[number].replaceFirst("^[^:]*: ", "") : "";
    }

    private void key() {
      String good = key;
      // An alteration before this one may have left nothing of it.
      String shorter = good.isEmpty() ? good : good.substring(1);
      key =
          pick(
              good.toUpperCase(java.util.Locale.ROOT),
              "sha256:" + good,
              " " + good,
              good + " ",
              shorter,
              good + "0",
              "",
              "owner.pub",
              "é".repeat(64),
              Digest.of("another").hex(),
              lane.executor().verifyKey().thumbprint().hex(),
              "g" + shorter);
      note("key '" + key + "'");
    }

    private void order() {
      order =
          pick(
              "torn",
              "CR LF",
              "blank",
              "blank first",
              "NUL",
              "none",
              "one line feed",
              "twice",
              "all bytes",
              "swapped");
      if (random.nextInt(3) == 0) {
        order = "";
        int i = random.nextInt(statements.size());
        switch (random.nextInt(4)) {
          case 0 -> statements.remove(i);
          case 1 -> statements.add(i, statements.get(i));
          case 2 -> Collections.swap(statements, i, random.nextInt(statements.size()));
          default -> {
            Statement of = statements.get(i);
            String payload =
                of.payload()
                    .replaceFirst(
                        "\"stage\":\"[A-Z0-9]*\"",
                        "\"stage\":\"" + pick("S7", "SEAL", "S1", "s7", "") + "\"");
            payload(i, latin(payload));
          }
        }
        if (statements.isEmpty()) {
          statements.add(new Statement("none", utf8("{}"), stranger));
        }
        note("statements moved about " + i);
      } else {
        note("attestations " + order);
      }
    }

    private void signer() {
      int i = random.nextInt(statements.size() + 1);
      SigningKey other = pick(lane.owner(), lane.executor(), lane.reviewer(), stranger);
      String type = random.nextInt(4) == 0 ? pick("text/plain", "", "application/json") : "";
      note("another signer or type of " + i);
      if (i == statements.size()) {
        grant = new Statement(type.isEmpty() ? grant.type() : type, grant.payload(), other);
      } else {
        Statement of = statements.get(i);
        statements.set(i, new Statement(type.isEmpty() ? of.type() : type, of.payload(), other));
      }
    }

    /** What the seal says for bag-info.txt, and the end. */
    private void sealed() throws IOException {
      int last = statements.size() - 1;
      ObjectNode statement = (ObjectNode) Json.parse(statements.get(last).bytes());
      ObjectNode predicate = (ObjectNode) statement.get("predicate");
      String field =
          pick(
              "end",
              "baggingDate",
              "bagSoftwareAgent",
              "externalIdentifier",
              "statements",
              "stage");
      String old = predicate.path(field).asText();
      JsonNode value =
          pick(
              Json.tree(""),
              Json.tree(5),
              Json.tree(old + " "),
              Json.tree("a \"quoted\" one"),
              Json.tree("back\\slash"),
              Json.tree("two\nlines"),
              Json.tree("tab\there"),
              Json.tree("é"),
              Json.tree("\u007f"),
              Json.tree(true),
              Json.array().add(old),
              Json.object().put("a", old),
              Json.object(),
              Json.tree("x".repeat(3000)));
      if (random.nextInt(6) == 0) {
        predicate.remove(field);
      } else {
        predicate.set(field, value);
      }
      note("the seal's " + field + " " + predicate.path(field));
      payload(last, CanonicalJson.bytes(statement));
    }

    private void subjects() throws IOException {
      int i = random.nextInt(statements.size());
      ObjectNode statement = (ObjectNode) Json.parse(statements.get(i).bytes());
      ArrayNode list = (ArrayNode) statement.get("subject");
      if (list.isEmpty()) {
        list.addObject().put("name", "a").putObject("digest").put("sha256", Digest.of("a").hex());
      }
      int at = random.nextInt(list.size());
      ObjectNode one = (ObjectNode) list.get(at);
      int kind = random.nextInt(19);
      note("subjects of " + i + ", kind " + kind);
      switch (kind) {
        case 0 -> list.add(one.deepCopy());
        case 1 -> list.remove(at);
        case 2 -> one.remove("name");
        case 3 -> one.remove("digest");
        case 4 -> one.put("more", "x");
        case 5 -> ((ObjectNode) one.get("digest")).put("sha512", "x");
        case 6 ->
            ((ObjectNode) one.get("digest"))
                .put(
                    "sha256", one.at("/digest/sha256").asText().toUpperCase(java.util.Locale.ROOT));
        case 7 -> ((ObjectNode) one.get("digest")).put("sha256", Digest.of("other").hex());
        case 8 -> ((ObjectNode) one.get("digest")).put("sha256", 5);
        case 9 -> one.put("name", one.path("name").asText() + "\n");
        case 10 -> one.put("name", "data/nowhere.json");
        case 11 -> one.put("name", "x  data/lane.json");
        case 12 -> one.put("name", 7);
        case 13 -> list.insert(0, list.remove(list.size() - 1));
        case 14 -> statement.set("subject", Json.object().set("a", one));
        case 15 -> statement.putArray("subject");
        case 16 -> statement.remove("subject");
        case 17 -> {
          ObjectNode half = list.addObject();
          half.set("digest", one.remove("digest"));
        }
        default -> list.add(pick(Json.tree("text"), Json.tree(1), Json.object(), Json.array()));
      }
      payload(i, CanonicalJson.bytes(statement));
    }

    /** Files and folders more or less. */
    private void tree() {
      switch (random.nextInt(8)) {
        case 0 -> {
          String name = file("");
          note("without " + name);
          boolean fit = random.nextBoolean();
          afterwards.add(
              () -> {
                files.remove(name);
                if (fit && files.containsKey("bag-info.txt") && files.containsKey("bagit.txt")) {
                  fit();
                  files.remove(name);
                }
              });
        }
        case 1, 2 -> {
          String name =
              pick(
                  "data/documents/more.md",
                  "data/documents/-n",
                  "data/documents/a b",
                  "data/documents/a\nb",
                  "data/documents/*",
                  "data/documents/a\\b",
                  "data/documents/$(touch x)",
                  "data/documents/deep/er/still.md",
                  "data/before/more.md",
                  "data/before/a b",
                  "data/before.md",
                  "data/beforehand/more.md",
                  "data/more.json",
                  "data/documents.md",
                  "more.txt",
                  ".hidden",
                  "data/.hidden",
                  "RERUN.sh.orig",
                  "data/lane.json.",
                  "data/LANE.json");
          note("a file more, " + name);
          boolean signed = random.nextBoolean();
          if (signed) {
            ObjectNode more = Json.object().put("name", name);
            more.putObject("digest").put("sha256", Digest.of("more").hex());
            int last = statements.size() - 1;
            String payload = statements.get(last).payload();
            String sorted = insertSubject(payload, latin(CanonicalJson.bytes(more)));
            payload(last, latin(sorted));
            files.put(name, utf8("more"));
          } else {
            boolean fit = random.nextBoolean();
            afterwards.add(
                () -> {
                  files.put(name, utf8("more"));
                  if (fit) {
                    fit();
                  }
                });
          }
        }
        case 3, 4, 5 -> {
          note("an empty folder");
          folders.add(
              pick("data/empty", "empty/er", "data/documents/x y", "data/documents/a\nb", ".git"));
        }
        case 6 -> {
          String name = file("data/");
          note("emptied " + name);
          replace(name, new byte[0]);
        }
        default -> {
          String name = file("data/");
          note("large " + name);
          if (random.nextInt(20) == 0) {
            byte[] large = new byte[(16 << 20) + 1];
            Arrays.fill(large, (byte) ' ');
            System.arraycopy(files.get(name), 0, large, 0, files.get(name).length);
            replace(name, large);
          } else {
            byte[] larger = Arrays.copyOf(files.get(name), files.get(name).length + 70_000);
            Arrays.fill(larger, files.get(name).length, larger.length, (byte) '\n');
            replace(name, larger);
          }
        }
      }
    }

    private String insertSubject(String payload, String subject) {
      int at = payload.indexOf("\"subject\":[") + "\"subject\":[".length();
      return payload.substring(0, at) + subject + "," + payload.substring(at);
    }

    /** The tag files in other forms. */
    private void bag() {
      String name =
          pick("bagit.txt", "bag-info.txt", "manifest-sha256.txt", PacketFiles.TAG_MANIFEST);
      int kind = random.nextInt(10);
      note(name + " in form " + kind);
      boolean fit = random.nextBoolean();
      afterwards.add(
          () -> {
            String text = latin(files.get(name));
            List<String> lines = new ArrayList<>(Arrays.asList(text.split("\n")));
            String other =
                switch (kind) {
                  case 0 -> text.replace("\n", "\r\n");
                  case 1 -> text + "\n";
                  case 2 -> text.substring(0, Math.max(0, text.length() - 1));
                  case 3 -> text.replace("  ", " *");
                  case 4 -> text.toUpperCase(java.util.Locale.ROOT);
                  case 5 -> {
                    Collections.reverse(lines);
                    yield String.join("\n", lines) + "\n";
                  }
                  case 6 -> text + lines.get(0) + "\n";
                  case 7 -> "\ufeff".substring(0, 0) + "\u00ef\u00bb\u00bf" + text;
                  case 8 -> text.replace("1.0", "0.97").replace("Oxum: ", "Oxum: 0");
                  default -> "";
                };
            files.put(name, latin(other));
            if (fit && !name.contains("manifest")) {
              byte[] own = files.get(name);
              fit();
              files.put(name, own);
              byte[] tags = latin(manifestOfTags());
              files.put(PacketFiles.TAG_MANIFEST, tags);
            }
          });
    }

    private String manifestOfTags() {
      StringBuilder lines = new StringBuilder();
      for (String name : List.of("RERUN.sh", "bag-info.txt", "bagit.txt", "manifest-sha256.txt")) {
        lines.append(Digest.of(files.get(name))).append("  ").append(name).append('\n');
      }
      return lines.toString();
    }

    /** An envelope in another form; a fresh signature where none is given. */
    private String form(String given, Statement statement) {
      String line = given.isEmpty() ? latin(sign(statement)) : given;
      String keyid = line.replaceFirst("(?s).*\"keyid\":\"([^\"]*)\".*", "$1");
      String sig = line.replaceFirst("(?s).*\"sig\":\"([^\"]*)\".*", "$1");
      String payload = line.replaceFirst("(?s).*\"payload\":\"([^\"]*)\".*", "$1");
      int kind = random.nextInt(26);
      note("form " + kind);
      return switch (kind) {
        case 0 -> line.replace(keyid, "x".repeat(200));
        case 1 -> line.replace(keyid, "x".repeat(201));
        case 2 -> line.replace(keyid, "");
        case 3 -> line.replace("\"keyid\":\"" + keyid + "\",", "");
        case 4 -> line.replace(keyid, "\u00c3\u00a9");
        case 5 -> line.replace(keyid, "a\\u0041");
        case 6 -> line.replace(keyid, stranger.verifyKey().thumbprint().hex());
        case 7 -> line.replace(sig, urlSafe(sig));
        case 8 -> line.replace(payload, urlSafe(payload));
        case 9 -> line.replace(sig, sig.replace("=", ""));
        case 10 -> line.replace(payload, payload.replace("=", ""));
        case 11 -> line.replace(sig, sig + "\\n");
        case 12 -> line.replace(sig, Base64.getEncoder().encodeToString(new byte[64]));
        case 13 -> line.replace(sig, Base64.getEncoder().encodeToString(new byte[63]));
        case 14 -> line.replace(sig, "");
        case 15 -> line.replace("\"}]}", "\"},{\"keyid\":\"" + keyid + "\",\"sig\":\"AAAA\"}]}");
        case 16 -> line.replaceFirst("^\\{", "{\"a\":1,");
        case 17 -> line.replaceFirst("\"payloadType\"", "\"payloadtype\"");
        case 18 -> line.replaceFirst("application/", "application\\\\/");
        case 19 ->
            "{\"payloadType\":\""
                + statement.type()
                + "\",\"payload\":\""
                + payload
                + "\",\"signatures\":[{\"keyid\":\""
                + keyid
                + "\",\"sig\":\""
                + sig
                + "\"}]}";
        case 20 -> line.replace("\"signatures\":[", "\"signatures\":[[").replace("]}", "]]}");
        case 21 -> line.replace("\"payload\":\"" + payload + "\"", "\"payload\":null");
        case 22 -> line.replaceFirst("^\\{", "{\"payload\":\"" + payload + "\",");
        case 23 -> otherBits(line, sig);
        case 24 -> line.replace("\"keyid\":\"" + keyid + "\"", "\"keyid\":null");
        default -> latin(oneText(latin(line), false));
      };
    }

    private String urlSafe(String base64) {
      return base64.replace('+', '-').replace('/', '_');
    }

    private String otherBits(String line, String sig) {
      int last = sig.indexOf('=') - 1;
      return last < 0
          ? line
          : line.replace(
              sig,
              sig.substring(0, last) + (char) (sig.charAt(last) + 1) + sig.substring(last + 1));
    }

    /** JSON in another form, or with other values. */
    private byte[] text(String name, byte[] bytes, boolean pretty) {
      note(name);
      if (random.nextInt(3) == 0 && bytes.length > 0) {
        try {
          return byTree((ObjectNode) Json.parse(bytes), pretty, name.equals("the lock"));
        } catch (IOException | ClassCastException noObject) {
          // As a text then.
        }
      }
      return oneText(bytes, pretty);
    }

    private byte[] byTree(ObjectNode tree, boolean pretty, boolean lock) {
      ObjectNode at = tree;
      while (random.nextInt(3) != 0) {
        List<JsonNode> below = new ArrayList<>();
        at.forEach(below::add);
        below.removeIf(n -> !n.isObject());
        if (below.isEmpty()) {
          break;
        }
        at = (ObjectNode) below.get(random.nextInt(below.size()));
      }
      String name =
          pick("zz", "A1_", "", "a-b", "é", "a b", "a\"b", "x".repeat(100), "x".repeat(101), "_");
      int kind = random.nextInt(12);
      note("tree " + kind);
      List<String> names = new ArrayList<>();
      at.fieldNames().forEachRemaining(names::add);
      String some = names.isEmpty() ? "a" : names.get(random.nextInt(names.size()));
      switch (kind) {
        case 0 -> at.put(name, "more");
        case 1 -> at.remove(some);
        case 2 -> at.set(some, value());
        case 3 -> at.set("zz", nested(pick(95, 96, 97, 98, 99, 100, 101, 150, 250)));
        case 4 -> at.set(some, at.get(some) == null ? value() : Json.array().add(at.get(some)));
        case 5 -> at.set("zz", value());
        case 6, 7, 8, 9 -> {
          if (lock && tree.get("volatile") instanceof ObjectNode keys) {
            pem(keys);
          } else {
            at.put(some, at.path(some).asText() + pick(" ", "\n", "é", "\u007f", "\ud83d\ude00"));
          }
        }
        default -> at.put(some, pick("", "x", "\u2028", "\u0001", "\u001f", "\b", "\\", "\""));
      }
      return pretty ? Json.pretty(tree) : canonical(tree);
    }

    private byte[] canonical(ObjectNode tree) {
      try {
        return CanonicalJson.bytes(tree);
      } catch (IllegalArgumentException fraction) {
        return utf8(tree.toString());
      }
    }

    private JsonNode value() {
      return pick(
          Json.tree(0),
          Json.tree(-1),
          Json.tree(123_456_789_012_345_678L),
          Json.tree(1_234_567_890_123_456_789L),
          Json.tree(-12_345_678_901_234_567L),
          Json.tree(-123_456_789_012_345_678L),
          Json.tree(1.5),
          Json.tree(true),
          Json.object().nullNode(),
          Json.object(),
          Json.array(),
          Json.array().add(Json.object()).add(1),
          Json.tree("x"),
          Json.tree(new java.math.BigInteger("9".repeat(30))));
    }

    private static JsonNode nested(int levels) {
      JsonNode node = Json.array();
      for (int i = 1; i < levels; i++) {
        node = Json.array().add(node);
      }
      return node;
    }

    private void pem(ObjectNode keys) {
      String role = pick("owner", "executor", "reviewer") + "Pem";
      String pem = keys.path(role).asText();
      String body = pem.replaceAll("-----[A-Z ]*-----|\n", "");
      int kind = random.nextInt(15);
      note(role + " " + kind);
      switch (kind) {
        case 0 -> keys.remove(role);
        case 1 -> keys.putArray(role);
        case 2 -> keys.putObject(role);
        case 3 -> keys.putObject(role).put("a", 1);
        case 4 -> keys.put(role, 5);
        case 5 -> keys.putNull(role);
        case 6 -> keys.put(role, pem.replace("\n", "\r\n"));
        case 7 -> keys.put(role, "a key\n" + pem);
        case 8 -> keys.put(role, pem.strip());
        case 9 -> keys.put(role, pem + "\n");
        case 10 -> keys.put(role, pem.replace("PUBLIC KEY", "CERTIFICATE"));
        case 11 ->
            keys.put(role, pem.replace(body, body.substring(0, 20) + "\n" + body.substring(20)));
        case 12 -> keys.put(role, stranger.verifyKey().pem());
        case 13 -> {
          byte[] small = Base64.getDecoder().decode(body);
          Arrays.fill(small, small.length - 32, small.length, (byte) 0);
          small[small.length - 32] = (byte) random.nextInt(2);
          String other = Base64.getEncoder().encodeToString(small);
          keys.put(role, pem.replace(body, other));
          key = role.equals("ownerPem") ? Digest.of(small).hex() : key;
        }
        default -> keys.put(role, "");
      }
    }

    /** The text changed in one place. */
    private byte[] oneText(byte[] bytes, boolean pretty) {
      String text = latin(bytes);
      int at = text.isEmpty() ? 0 : random.nextInt(text.length());
      String before = text.substring(0, at);
      String after = text.substring(at);
      int kind = random.nextInt(24);
      note("text " + kind);
      return latin(
          switch (kind) {
            case 0 -> before + after.replaceFirst(":", ": ");
            case 1 -> before + after.replaceFirst(",", ", ");
            case 2 -> before + "\n" + after;
            case 3 -> before + after.replaceFirst("(\"[A-Za-z0-9_]+\": ?\"[^\"]*\")", "$1,$1");
            case 4 ->
                before
                    + after.replaceFirst(
                        "(\"[A-Za-z0-9_]+\": ?\"[^\"]*\"),(\\s*)(\"[A-Za-z0-9_]+\": ?\"[^\"]*\")",
                        "$3,$2$1");
            case 5 ->
                before + after.replaceFirst(": ?\"[^\"]*\"", (pretty ? ": " : ":") + number());
            case 6 -> before + after.replaceFirst("\"([a-z])", "\"\\\\u0061$1");
            case 7 -> before + after.replaceFirst("/", "\\\\/");
            case 8 -> before + after.replaceFirst("([a-z])\"", "$1" + inString() + "\"");
            case 9 -> "\u00ef\u00bb\u00bf" + text;
            case 10 -> text + pick("\n", " ", "x", "{}", "\u0000");
            case 11 -> before;
            case 12 -> pick("", "[]", "null", "\"x\"", "7", "{}", "{}\n", "\n", "[{}]");
            case 13 ->
                before + (char) random.nextInt(256) + (after.isEmpty() ? "" : after.substring(1));
            case 14 -> before + "\u0000" + after;
            case 15 -> text.replaceFirst("\\{\n? *", "{\"zz\":1,");
            case 16 -> pretty ? text.replaceAll("\\s*\n\\s*", "") : text.replaceFirst(",", ",\n");
            case 17 -> text.replace("\n", "\r\n");
            case 18 -> text.stripTrailing();
            case 19 -> text.replace("  ", "\t");
            case 20 -> before + after.replaceFirst("true|false", "True");
            case 21 ->
                before + after.replaceFirst("[0-9]+(,|\n|})", number().replace("$", "") + "$1");
            case 22 -> before + after.replaceFirst("\\{", "{\"a\":{\"a\":1},\"a\":{\"a\":2},");
            default -> before + after.replaceFirst("\\}", ",}");
          });
    }

    private String number() {
      return pick(
          "0",
          "-0",
          "00",
          "1.0",
          "1e5",
          "1E5",
          "-",
          "+1",
          "12345678901234567890",
          "0x1",
          "NaN",
          "null",
          "true",
          "{}",
          "[]",
          "'x'",
          "// c",
          "-1");
    }

    private String inString() {
      return pick(
          "\\\\n",
          "\u0001",
          "\u007f",
          "\u0080",
          "\u00c3\u00a9",
          "\u00e2\u0080\u00a8",
          "\u00f0\u009f\u0098\u0080",
          "\\\\u0001",
          "\\\\u000A",
          "\\\\u000b",
          "\\\\u000B",
          "\\\\u001F",
          "\\\\u001f",
          "\\\\ud800",
          "\\\\ud83d\\\\ude00",
          "\\\\\"",
          "\\\\\\\\",
          "\\\\",
          "\\\\x",
          "\n",
          "\t",
          "\\\\t",
          "\\\\/",
          "\u00ed\u00a0\u0080",
          "\u00c0\u0080",
          "\u00f4\u0090\u0080\u0080",
          "\\\\b",
          "\\\\f",
          "\\\\r",
          "\u00ff");
    }
  }
}
