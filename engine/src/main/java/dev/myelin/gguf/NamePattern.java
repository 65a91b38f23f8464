package dev.myelin.gguf;

import dev.myelin.error.InvalidRequestException;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/**
 * A regular expression of a user, searched in tensor names. The work per name is bounded: Java's
 * matcher backtracks, for years with a pattern such as {@code (.*.*.*)*x$}. Immutable and
 * thread-safe.
 *
 * @param text the expression as given
 */
public record NamePattern(String text, Pattern compiled) {
  /** Characters read for one name of at most 63 bytes. A usual pattern reads a few hundred. */
  private static final int MAX_CHARS_READ = 200_000;

  private static final int MAX_PATTERN_CHARS = 1000;

  /**
   * Compiles an expression.
   *
   * @throws InvalidRequestException if it is invalid; the message does not repeat it
   */
  public static NamePattern of(String text) {
    if (text.length() > MAX_PATTERN_CHARS) {
      throw new InvalidRequestException(
          text.length() + " characters: expected at most " + MAX_PATTERN_CHARS);
    }
    try {
      return new NamePattern(text, Pattern.compile(text));
    } catch (PatternSyntaxException e) {
      throw new InvalidRequestException(e.getDescription() + " at " + (e.getIndex() + 1));
    }
  }

  /**
   * Whether the pattern matches any part of a name.
   *
   * @throws InvalidRequestException if the search takes too long; the message does not repeat the
   *     pattern
   */
  public boolean isFoundIn(String name) {
    try {
      return compiled.matcher(new CountingSequence(name)).find();
    } catch (CountingSequence.LimitExceeded | StackOverflowError e) {
      throw new InvalidRequestException(
          "takes too long on " + name + ": expected fewer nested repetitions");
    }
  }

  /** Aborts a search that reads too many characters. */
  private static final class CountingSequence implements CharSequence {
    private final String text;
    private int reads;

    CountingSequence(String text) {
      this.text = text;
    }

    @Override
    public char charAt(int index) {
      if (++reads > MAX_CHARS_READ) {
        throw new LimitExceeded();
      }
      return text.charAt(index);
    }

    @Override
    public int length() {
      return text.length();
    }

    @Override
    public CharSequence subSequence(int from, int to) {
      return text.substring(from, to);
    }

    private static final class LimitExceeded extends RuntimeException {
      private static final long serialVersionUID = 1L;

      LimitExceeded() {
        super(null, null, false, false);
      }
    }
  }
}
