package dev.myelin.cli.io;

/** Text in HTML. */
public final class Html {
  private Html() {}

  /** The text as an element's content or within an attribute's quotes. */
  public static String escape(String text) {
    return text.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("\"", "&quot;")
        .replace("'", "&#39;");
  }
}
