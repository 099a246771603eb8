package dev.lanekeeper.files;

/** What is at a name. That it cannot be told is an exception, never one of these. */
public enum Kind {
  /** Nothing. */
  ABSENT,
  /** A regular file. */
  FILE,
  /** A real folder. */
  FOLDER,
  /** A symbolic link, a pipe, a device: nothing that is opened. */
  OTHER
}
