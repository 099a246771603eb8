package dev.lanekeeper.grant;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import dev.lanekeeper.canonical.Digest;
import dev.lanekeeper.canonical.Json;
import dev.lanekeeper.canonical.PlainText;
import dev.lanekeeper.signature.VerifyKey;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;

/**
 * Whom this installation trusts, by role.
 *
 * @param revocationEpoch grants of an earlier epoch are revoked
 * @param keys the trusted keys
 * @param removed the keys that were trusted in a role and must not be again unless somebody says
 *     so; files of earlier releases have none
 */
public record TrustRoot(
    @JsonProperty(required = true) int formatVersion,
    @JsonProperty(required = true) int revocationEpoch,
    @JsonProperty(required = true) List<Entry> keys,
    @JsonInclude(JsonInclude.Include.NON_EMPTY) List<Entry> removed) {

  /** What a key may do. */
  public enum Role {
    OWNER,
    EXECUTOR,
    REVIEWER,
    APPROVER;

    /**
     * The role of exactly this name; a reader of its own would take blanks around it.
     *
     * @throws IllegalArgumentException when there is none
     */
    @JsonCreator
    public static Role of(String name) {
      for (Role role : values()) {
        if (role.name().equals(name)) {
          return role;
        }
      }
      throw new IllegalArgumentException(
          "expected one of OWNER, EXECUTOR, REVIEWER, APPROVER, found '" + name + "'");
    }
  }

  /** A key in a role; {@code spki} is the DER form in Base64. */
  public record Entry(
      @JsonProperty(required = true) Role role,
      @JsonProperty(required = true) String name,
      @JsonProperty(required = true) String spki) {

    /** Checks the name and the key. */
    public Entry {
      PlainText.line("name", name);
      VerifyKey.ofSpki(Base64.getDecoder().decode(spki));
    }

    /** The key. */
    public VerifyKey key() {
      return VerifyKey.ofSpki(Base64.getDecoder().decode(spki));
    }

    /** Whether it is this key in this role. */
    public boolean is(Role as, Digest thumbprint) {
      return role == as && key().thumbprint().equals(thumbprint);
    }
  }

  /** Checks the format version; each entry has checked its key. */
  public TrustRoot {
    Json.requireFormat(formatVersion);
    keys = List.copyOf(keys);
    removed = removed == null ? List.of() : List.copyOf(removed);
  }

  /** A trust root that trusts nobody. */
  public static TrustRoot empty() {
    return new TrustRoot(1, 0, List.of(), List.of());
  }

  /**
   * Reads a trust root.
   *
   * @throws IOException when it is not one
   */
  public static TrustRoot read(byte[] bytes) throws IOException {
    return Json.whole(Json.parse(bytes), TrustRoot.class);
  }

  /** The file form. */
  public byte[] bytes() {
    return Json.pretty(Json.tree(this));
  }

  /**
   * The same with one more key, also one that was removed; a key that has the role already changes
   * nothing.
   */
  public TrustRoot with(Role role, String name, VerifyKey key) {
    if (of(role).stream().anyMatch(k -> k.thumbprint().equals(key.thumbprint()))) {
      return this;
    }
    List<Entry> more = new ArrayList<>(keys);
    more.add(new Entry(role, name, key.base64()));
    List<Entry> others = new ArrayList<>(removed);
    others.removeIf(e -> e.is(role, key.thumbprint()));
    return new TrustRoot(1, revocationEpoch, more, others);
  }

  /** The same without a key in a role; that it was removed is kept. */
  public TrustRoot without(Role role, Digest thumbprint) {
    List<Entry> fewer = new ArrayList<>(keys);
    List<Entry> others = new ArrayList<>(removed);
    keys.stream().filter(e -> e.is(role, thumbprint)).forEach(others::add);
    fewer.removeAll(others);
    return new TrustRoot(1, revocationEpoch, fewer, others);
  }

  /** Whether a key had a role and was removed from it. */
  public boolean removed(Role role, Digest thumbprint) {
    return removed.stream().anyMatch(e -> e.is(role, thumbprint));
  }

  /** The keys in a role. */
  public List<VerifyKey> of(Role role) {
    return keys.stream().filter(e -> e.role() == role).map(Entry::key).toList();
  }

  /** The names that a key has, in whatever role. */
  public List<String> names(Digest thumbprint) {
    return keys.stream()
        .filter(e -> e.key().thumbprint().equals(thumbprint))
        .map(Entry::name)
        .distinct()
        .toList();
  }
}
