package dev.lanekeeper.worker.config;

/** Where a value came from. */
public sealed interface Origin {

  /** Nobody said anything. */
  record Default() implements Origin {
    @Override
    public String words() {
      return "default";
    }
  }

  /**
   * The configuration file.
   *
   * @param file the file as it was named
   * @param line the line, from 1; 0 when there is none
   */
  record InFile(String file, int line) implements Origin {
    @Override
    public String words() {
      return file + (line > 0 ? ":" + line : "");
    }
  }

  /** An environment variable. */
  record Variable(String name) implements Origin {
    @Override
    public String words() {
      return "environment " + name;
    }
  }

  /** An option of the command. */
  record Option(String name) implements Origin {
    @Override
    public String words() {
      return "option " + name;
    }
  }

  /** The origin for people. */
  String words();
}
