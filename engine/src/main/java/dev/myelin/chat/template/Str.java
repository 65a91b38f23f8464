package dev.myelin.chat.template;

import java.util.Arrays;

/**
 * A string, and where each of its characters comes from: the template itself (trusted) or what it
 * was given. Offsets count UTF-16 units; {@link #length} and {@link #offset} are for Python's
 * characters.
 */
final class Str {
  static final Str EMPTY = of("");

  final String text;

  /** Whether {@code safe} or {@code escape} made it, so that joining it escapes the others. */
  final boolean markup;

  private final boolean first; // origin of the first run
  private final int[] cuts; // where the origin changes; null where it never does
  private int points = -1; // Python's length, counted when first asked for

  private Str(String text, boolean first, int[] cuts, boolean markup) {
    this.text = text;
    this.first = first;
    this.cuts = cuts;
    this.markup = markup;
  }

  /** Text of the template's own. */
  static Str of(String text) {
    return new Str(text, true, null, false);
  }

  static Str of(String text, boolean trusted) {
    return new Str(text, trusted, null, false);
  }

  /**
   * @param cuts ascending offsets inside the text, or null
   */
  static Str of(String text, boolean first, int[] cuts) {
    return new Str(text, first, cuts, false);
  }

  Str markup(boolean value) {
    return markup == value ? this : new Str(text, first, cuts, value);
  }

  boolean isEmpty() {
    return text.isEmpty();
  }

  int units() {
    return text.length();
  }

  /** Number of characters, as Python counts. */
  int length() {
    if (points < 0) {
      points = text.codePointCount(0, text.length());
    }
    return points;
  }

  /** Offset of the character with this index, which is at most the length. */
  int offset(int index) {
    return length() == text.length() ? index : text.offsetByCodePoints(0, index);
  }

  /** Index of the character at an offset. */
  int index(int offset) {
    return length() == text.length() ? offset : text.codePointCount(0, offset);
  }

  /** Number of runs of one origin; none in an empty string. */
  int runs() {
    return text.isEmpty() ? 0 : cuts == null ? 1 : cuts.length + 1;
  }

  int runEnd(int run) {
    return cuts == null || run == cuts.length ? text.length() : cuts[run];
  }

  boolean runTrusted(int run) {
    return first ^ (run & 1) == 1;
  }

  /** The run that an offset lies in. */
  int run(int offset) {
    if (cuts == null) {
      return 0;
    }
    int at = Arrays.binarySearch(cuts, offset);
    return at >= 0 ? at + 1 : -at - 1;
  }

  boolean trustedAt(int offset) {
    return runTrusted(run(offset));
  }

  /** A part of it, between two offsets. */
  Str cut(int from, int to) {
    if (from >= to) {
      return markup ? EMPTY.markup(true) : EMPTY;
    }
    if (from == 0 && to == text.length()) {
      return this;
    }
    String part = text.substring(from, to);
    if (cuts == null) {
      return new Str(part, first, null, markup);
    }
    int begin = run(from);
    int end = run(to - 1);
    int[] inside = null;
    if (end > begin) {
      inside = new int[end - begin];
      for (int i = 0; i < inside.length; i++) {
        inside[i] = cuts[begin + i] - from;
      }
    }
    return new Str(part, runTrusted(begin), inside, markup);
  }

  @Override
  public String toString() {
    return text;
  }
}
