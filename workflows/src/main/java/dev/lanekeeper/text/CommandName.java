package dev.lanekeeper.text;

import java.util.Arrays;
import java.util.stream.Stream;

/** The commands of the command line, as messages name them. */
public enum CommandName {
  RUN("run"),
  ROLLBACK("rollback"),
  DEV("dev"),
  WORKER("worker"),
  START("start"),
  STATUS("status"),
  LIST("list"),
  WATCH("watch"),
  RESUME("resume"),
  APPROVE("approve"),
  ABORT("abort"),
  FREEZE("freeze"),
  UNFREEZE("unfreeze"),
  JANITOR("janitor"),
  VERIFY("verify"),
  VALIDATE("validate"),
  PLAN("plan"),
  KEY_NEW("key new"),
  GRANT_ISSUE("grant issue"),
  GRANT_ROLLBACK("grant rollback"),
  GRANT_INSPECT("grant inspect"),
  GRANT_LIST("grant list"),
  GRANT_REVOKE("grant revoke"),
  TRUST_ADD("trust add"),
  TRUST_LIST("trust list"),
  TRUST_REMOVE("trust remove"),
  KB_CREATE("kb create"),
  KB_IMPORT("kb import"),
  KB_IGNORE("kb ignore"),
  KB_MARK("kb mark"),
  DIGEST("digest"),
  RE_EXECUTE("re-execute");

  private final String words;

  CommandName(String words) {
    this.words = words;
  }

  /** Its words, and more after them. */
  public String[] with(String... more) {
    return Stream.concat(Stream.of(words.split(" ")), Arrays.stream(more)).toArray(String[]::new);
  }

  /** As a sentence names it, with the program. */
  public String quoted() {
    return "'lanekeeper " + this + "'";
  }

  @Override
  public String toString() {
    return words;
  }
}
