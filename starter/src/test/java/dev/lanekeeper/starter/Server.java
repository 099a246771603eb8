package dev.lanekeeper.starter;

import java.io.IOException;

/** A Temporal server that a test starts, kills, and starts again on the same database. */
interface Server extends AutoCloseable {

  /** Host and port. */
  String address();

  /** Starts its process, which may not answer yet. */
  void start() throws Exception;

  /** It has answered. */
  default void served() throws IOException {}

  boolean alive();

  String log() throws IOException;

  /** kill -9. */
  void kill() throws Exception;
}
