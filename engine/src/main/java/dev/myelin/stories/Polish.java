package dev.myelin.stories;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The last touch: articles, capitals, spaces. */
final class Polish {
  static final String PARAGRAPH = "\n\n";

  private static final Pattern SPACES = Pattern.compile(" {2,}");
  private static final Pattern BEFORE_MARK = Pattern.compile(" +(?=[,.!?])");
  private static final Pattern AROUND_BREAK = Pattern.compile(" *\n\n *");
  private static final Pattern ARTICLE = Pattern.compile("\\b([Aa])n? (?=(\\w+))");
  private static final Pattern VOWEL = Pattern.compile("(?i)(?!uni|use|one\\b|once)[aeiou].*|hour");
  // after a quotation the sentence may go on: its author says which
  private static final Pattern START = Pattern.compile("(^|[.!?] |\n\n|(?<=^|[^,] |\n)\")([a-z])");

  private Polish() {}

  static String text(String raw) {
    String text = SPACES.matcher(raw).replaceAll(" ").strip();
    text = BEFORE_MARK.matcher(text).replaceAll("");
    text = AROUND_BREAK.matcher(text).replaceAll(PARAGRAPH);
    text =
        ARTICLE
            .matcher(text)
            .replaceAll(m -> m.group(1) + (VOWEL.matcher(m.group(2)).matches() ? "n " : " "));
    return START
        .matcher(text)
        .replaceAll(m -> Matcher.quoteReplacement(m.group(1) + capital(m.group(2))));
  }

  static String capital(String text) {
    return java.lang.Character.toUpperCase(text.charAt(0)) + text.substring(1);
  }
}
