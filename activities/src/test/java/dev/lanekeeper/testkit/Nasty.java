package dev.lanekeeper.testkit;

import java.util.List;
import java.util.Random;
import java.util.stream.Stream;

/** Text as somebody would write it who wants it to be more than text. */
public final class Nasty {

  private static final List<String> PIECES =
      List.of(
          "\u001b[2J",
          "\u001b]0;title\u0007",
          "\u009b31m",
          "\r",
          "\n",
          "\n\n",
          "\t",
          "\b",
          "\u007f",
          "\u202e",
          "\u2066",
          "\u200b",
          "\u2028",
          "\u00ad",
          "\ufe0f",
          "\udb40\udc41",
          "\ud800",
          "\ue000",
          "\ue001",
          "`",
          "``",
          "```\n",
          "|",
          "\\",
          "\\|",
          "*",
          "**",
          "_",
          "~~",
          "#",
          "# ",
          "- ",
          "+ ",
          "> ",
          "1. ",
          "1) ",
          "---",
          "===",
          "    ",
          "<script>alert(1)</script>",
          "<img src=x onerror=alert(1)>",
          "<http://e.example>",
          "http://e.example",
          "www.e.example",
          "a@e.example",
          "[x](javascript:alert(1))",
          "](javascript:alert(1))",
          "![x](http://e)",
          "[x]: http://e",
          "&lt;",
          "&#35;",
          "'",
          "\"",
          "$(id)",
          "`id`",
          "${HOME}",
          "~",
          "!",
          "!!",
          ";",
          "&&",
          "-rf",
          "--",
          "=",
          "a=b",
          "*?",
          "{a,b}",
          "'\\''",
          "\n  remedy:   none",
          "\nERROR forged",
          "{{x}}",
          "word",
          "e\u0301",
          "\u00e9",
          "\ud83d\ude00",
          " ",
          "");

  private Nasty() {}

  /** A thousand of them, the same each time. */
  public static Stream<String> strings() {
    Random random = new Random(18);
    Stream<String> mixed =
        Stream.generate(
                () -> {
                  StringBuilder text = new StringBuilder();
                  int pieces = 1 + random.nextInt(5);
                  for (int i = 0; i < pieces; i++) {
                    text.append(PIECES.get(random.nextInt(PIECES.size())));
                  }
                  return text.toString();
                })
            .limit(1000L - PIECES.size());
    return Stream.concat(PIECES.stream(), mixed);
  }
}
