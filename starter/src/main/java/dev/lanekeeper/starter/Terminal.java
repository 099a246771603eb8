package dev.lanekeeper.starter;

import dev.lanekeeper.text.TerminalText;
import java.io.FilterWriter;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.Writer;

/**
 * Where commands print. Whatever they print is shown and does nothing: no command can forget it.
 */
final class Terminal extends PrintWriter {

  private final Writer raw;

  /** Prints to a writer, after each line at once. */
  Terminal(Writer raw) {
    super(new Shown(raw), true);
    this.raw = raw;
  }

  /** Moves the cursor and clears lines: the one way past the layer, and no text goes this way. */
  void control(String sequence) {
    flush();
    try {
      raw.write(sequence);
      raw.flush();
    } catch (IOException e) {
      setError();
    }
  }

  /** Shows what is written; the halves of a pair may come one by one. */
  private static final class Shown extends FilterWriter {

    private String half = "";

    Shown(Writer out) {
      super(out);
    }

    @Override
    public void write(int c) throws IOException {
      write(String.valueOf((char) c), 0, 1);
    }

    @Override
    public void write(char[] text, int from, int length) throws IOException {
      write(new String(text, from, length), 0, length);
    }

    @Override
    public void write(String text, int from, int length) throws IOException {
      String all = half + text.substring(from, from + length);
      boolean splits = !all.isEmpty() && Character.isHighSurrogate(all.charAt(all.length() - 1));
      half = splits ? all.substring(all.length() - 1) : "";
      out.write(TerminalText.of(splits ? all.substring(0, all.length() - 1) : all));
    }

    @Override
    public void close() throws IOException {
      out.write(TerminalText.of(half));
      super.close();
    }
  }
}
