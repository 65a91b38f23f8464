package dev.myelin.stories;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Corrects articles, capitals and spaces of a generated text. */
final class TextCleanup {
  static final String PARAGRAPH_BREAK = "\n\n";

  private static final Pattern SPACES = Pattern.compile(" {2,}");
  private static final Pattern BEFORE_PUNCTUATION = Pattern.compile(" +(?=[,.!?])");
  private static final Pattern AROUND_BREAK = Pattern.compile(" *\n\n *");
  private static final Pattern ARTICLE = Pattern.compile("\\b([Aa])n? (?=(\\w+))");
  private static final Pattern VOWEL = Pattern.compile("(?i)(?!uni|use|one\\b|once)[aeiou].*|hour");
  // a sentence may continue after a quotation, so it is not capitalized there
  private static final Pattern SENTENCE_START =
      Pattern.compile("(^|[.!?] |\n\n|(?<=^|[^,] |\n)\")([a-z])");

  private TextCleanup() {}

  static String apply(String raw) {
    String text = SPACES.matcher(raw).replaceAll(" ").strip();
    text = BEFORE_PUNCTUATION.matcher(text).replaceAll("");
    text = AROUND_BREAK.matcher(text).replaceAll(PARAGRAPH_BREAK);
    text =
        ARTICLE
            .matcher(text)
            .replaceAll(m -> m.group(1) + (VOWEL.matcher(m.group(2)).matches() ? "n " : " "));
    return SENTENCE_START
        .matcher(text)
        .replaceAll(m -> Matcher.quoteReplacement(m.group(1) + capitalize(m.group(2))));
  }

  static String capitalize(String text) {
    return java.lang.Character.toUpperCase(text.charAt(0)) + text.substring(1);
  }
}
