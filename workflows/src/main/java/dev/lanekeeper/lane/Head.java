package dev.lanekeeper.lane;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import com.fasterxml.jackson.databind.JsonNode;
import dev.lanekeeper.canonical.Digest;
import dev.lanekeeper.canonical.Json;
import dev.lanekeeper.canonical.PlainText;
import java.util.Set;
import java.util.TreeSet;

/** What is at a path of the knowledge base: nothing, or a revision of a document. */
public sealed interface Head {

  /** Nothing is there. */
  static Head absent() {
    return new Absent();
  }

  /** A revision, counted from 1, with the digest of its bytes. */
  static Head revision(int number, Digest sha256) {
    return new Revision(number, sha256);
  }

  /** Whether a document is there. */
  default boolean present() {
    return this instanceof Revision;
  }

  /** Whether the same bytes are there, or nothing in both, whatever their revisions. */
  default boolean sameBytes(Head other) {
    return (this instanceof Revision one && other instanceof Revision another)
        ? one.sha256().equals(another.sha256())
        : equals(other);
  }

  /** {@code "ABSENT"} or {@code {"revision": 1, "sha256": "…"}}. */
  @JsonValue
  JsonNode json();

  /**
   * Reads the JSON form.
   *
   * @throws IllegalArgumentException when it is neither form
   */
  @JsonCreator(mode = JsonCreator.Mode.DELEGATING)
  static Head read(JsonNode node) {
    if (node.isTextual() && node.textValue().equals("ABSENT")) {
      return absent();
    }
    Set<String> names = new TreeSet<>();
    node.fieldNames().forEachRemaining(names::add);
    if (node.isObject()
        && names.equals(Set.of("revision", "sha256"))
        && node.get("revision").isInt()
        && node.get("sha256").isTextual()) {
      return revision(node.get("revision").intValue(), new Digest(node.get("sha256").textValue()));
    }
    throw new IllegalArgumentException(
        "expected ABSENT, or revision and sha256, found "
            + PlainText.visible(node.toString(), 200));
  }

  /** Nothing. */
  record Absent() implements Head {
    @Override
    public JsonNode json() {
      return Json.object().textNode("ABSENT");
    }

    @Override
    public String toString() {
      return "ABSENT";
    }
  }

  /**
   * A document.
   *
   * @param number the revision, from 1
   * @param sha256 the digest of the bytes
   */
  record Revision(int number, Digest sha256) implements Head {
    /**
     * Checks the revision.
     *
     * @throws IllegalArgumentException when it is below 1
     */
    public Revision {
      if (number < 1) {
        throw new IllegalArgumentException("expected a revision of at least 1, found " + number);
      }
    }

    @Override
    public JsonNode json() {
      return Json.object().put("revision", number).put("sha256", sha256.hex());
    }

    @Override
    public String toString() {
      return "rev" + number + " sha256 " + sha256;
    }
  }
}
