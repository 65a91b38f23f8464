package dev.myelin.gguf;

import dev.myelin.error.InvalidRequestException;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/**
 * A regular expression that a user gave, found in tensors' names. The work on one name is bounded:
 * Java's matcher tries again and again, for years with a pattern such as {@code (.*.*.*)*x$}.
 *
 * @param text as it was given
 */
public record NamePattern(String text, Pattern compiled) {
  /** Characters read for one name of at most 63 bytes; an ordinary pattern reads a few hundred. */
  private static final int MAX_CHARS_READ = 200_000;

  private static final int MAX_PATTERN_CHARS = 1000;

  /**
   * Compiles it.
   *
   * @throws InvalidRequestException if it is none; the message does not repeat it
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
   * Whether it is found anywhere in a name.
   *
   * @throws InvalidRequestException if that takes too long to tell; as above
   */
  public boolean isFoundIn(String name) {
    try {
      return compiled.matcher(new CountingSequence(name)).find();
    } catch (CountingSequence.LimitExceeded | StackOverflowError e) {
      throw new InvalidRequestException(
          "takes too long on " + name + ": expected fewer repetitions in each other");
    }
  }

  /** Ends a search that reads too often. */
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
