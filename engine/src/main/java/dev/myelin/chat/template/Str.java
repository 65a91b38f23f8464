package dev.myelin.chat.template;

import java.util.Arrays;

/**
 * A string with the origin of each character: the template (trusted) or the input variables.
 * Offsets count UTF-16 units; {@link #length} and {@link #offsetOf} count code points, as Python
 * does.
 */
final class Str {
  static final Str EMPTY = of("");

  final String text;

  /**
   * Whether it is the result of {@code safe} or {@code escape}, so that concatenation escapes other
   * strings.
   */
  final boolean markup;

  private final boolean firstTrusted; // whether the first run is trusted
  private final int[] boundaries; // offsets where the origin changes; null if it never does
  private int codePoints = -1; // Python's length, computed lazily

  private Str(String text, boolean firstTrusted, int[] boundaries, boolean markup) {
    this.text = text;
    this.firstTrusted = firstTrusted;
    this.boundaries = boundaries;
    this.markup = markup;
  }

  /** A trusted string. */
  static Str of(String text) {
    return new Str(text, true, null, false);
  }

  static Str of(String text, boolean trusted) {
    return new Str(text, trusted, null, false);
  }

  /**
   * @param boundaries ascending offsets where the origin changes, or null
   */
  static Str of(String text, boolean firstTrusted, int[] boundaries) {
    return new Str(text, firstTrusted, boundaries, false);
  }

  Str markup(boolean value) {
    return markup == value ? this : new Str(text, firstTrusted, boundaries, value);
  }

  boolean isEmpty() {
    return text.isEmpty();
  }

  int units() {
    return text.length();
  }

  /** Number of code points. */
  int length() {
    if (codePoints < 0) {
      codePoints = text.codePointCount(0, text.length());
    }
    return codePoints;
  }

  /** Offset of the code point with this index, which is at most the length. */
  int offsetOf(int index) {
    return length() == text.length() ? index : text.offsetByCodePoints(0, index);
  }

  /** Index of the code point at an offset. */
  int indexAt(int offset) {
    return length() == text.length() ? offset : text.codePointCount(0, offset);
  }

  /** Number of runs of one origin; 0 for an empty string. */
  int runCount() {
    return text.isEmpty() ? 0 : boundaries == null ? 1 : boundaries.length + 1;
  }

  int runEnd(int run) {
    return boundaries == null || run == boundaries.length ? text.length() : boundaries[run];
  }

  boolean isRunTrusted(int run) {
    return firstTrusted ^ (run & 1) == 1;
  }

  /** Index of the run that contains an offset. */
  int runAt(int offset) {
    if (boundaries == null) {
      return 0;
    }
    int at = Arrays.binarySearch(boundaries, offset);
    return at >= 0 ? at + 1 : -at - 1;
  }

  boolean isTrustedAt(int offset) {
    return isRunTrusted(runAt(offset));
  }

  /** The substring between two offsets. */
  Str substring(int from, int to) {
    if (from >= to) {
      return markup ? EMPTY.markup(true) : EMPTY;
    }
    if (from == 0 && to == text.length()) {
      return this;
    }
    String part = text.substring(from, to);
    if (boundaries == null) {
      return new Str(part, firstTrusted, null, markup);
    }
    int begin = runAt(from);
    int end = runAt(to - 1);
    int[] inside = null;
    if (end > begin) {
      inside = new int[end - begin];
      for (int i = 0; i < inside.length; i++) {
        inside[i] = boundaries[begin + i] - from;
      }
    }
    return new Str(part, isRunTrusted(begin), inside, markup);
  }

  @Override
  public String toString() {
    return text;
  }
}
