package dev.lanekeeper.worker;

import java.io.IOException;
import java.nio.file.Path;

/** A home folder that cannot be used as it is; nothing was written to it. */
public final class HomeException extends IOException {

  private static final long serialVersionUID = 1L;

  /** What is wrong. */
  public enum Code {
    /** The folder is not a home, and holds something else. */
    HOME_INVALID,
    /** Nothing says where the home is. */
    HOME_UNKNOWN
  }

  private final Code code;
  private final String subject;
  private final String expected;
  private final String found;

  private HomeException(Code code, String subject, String expected, String found) {
    super(code + ": expected " + expected + ", found " + found);
    this.code = code;
    this.subject = subject;
    this.expected = expected;
    this.found = found;
  }

  /** A folder that is no home. */
  static HomeException invalid(Path folder, String found) {
    return new HomeException(
        Code.HOME_INVALID,
        folder.toString(),
        "a home (it holds " + Home.MARKER + "), or a folder that is absent or empty",
        found);
  }

  /** An option that names no folder. */
  public static HomeException unnamed(String option) {
    return new HomeException(Code.HOME_INVALID, option, "the name of a folder", "an empty name");
  }

  /** Neither the command nor the environment names one. */
  public static HomeException unknown() {
    return new HomeException(
        Code.HOME_UNKNOWN,
        "",
        "a home folder: an absolute HOME or XDG_DATA_HOME, or a home of the user's entry",
        "none");
  }

  /** What is wrong. */
  public Code code() {
    return code;
  }

  /** The folder or option. */
  public String subject() {
    return subject;
  }

  /** What would be right. */
  public String expected() {
    return expected;
  }

  /** What is there. */
  public String found() {
    return found;
  }
}
