package dev.myelin.cli;

/** Text in HTML. */
final class Html {
  private Html() {}

  /** The text as an element's content or within an attribute's quotes. */
  static String escape(String text) {
    return text.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("\"", "&quot;")
        .replace("'", "&#39;");
  }
}
