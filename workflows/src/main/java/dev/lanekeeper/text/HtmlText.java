package dev.lanekeeper.text;

/** Text for a page: it begins no element, ends no attribute, and hides nothing. */
public final class HtmlText {

  private HtmlText() {}

  /** The text for an element's content or a quoted attribute. */
  public static String of(String text) {
    return TerminalText.of(text)
        .replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("\"", "&quot;")
        .replace("'", "&#39;");
  }
}
