package dev.myelin.tokenizer;

import java.util.Arrays;

/** A text under pre-tokenization, by code points, and as patterns want to see it. */
final class SplitText {
  private final int[] codePoints;
  private final int size;
  private String categories;
  private String letters;

  /** Where each code point begins in {@link #letters}, and its end; null if each takes one char. */
  private int[] starts;

  /** The text {@code utf8[from..to)}. */
  SplitText(byte[] utf8, int from, int to) {
    codePoints = Utf8.codePoints(utf8, from, to);
    size = codePoints.length;
  }

  /** How many code points there are. */
  int size() {
    return size;
  }

  /** One char a code point: ASCII as it is, of the others only their category. */
  String categories() {
    if (categories == null) {
      char[] chars = new char[size];
      for (int i = 0; i < size; i++) {
        chars[i] = UnicodeCategories.standIn(codePoints[i]);
      }
      categories = new String(chars);
    }
    return categories;
  }

  /** The text, but all white space beyond ASCII looks the same. */
  String letters() {
    if (letters == null) {
      int[] points = Arrays.copyOf(codePoints, size);
      boolean wide = false;
      for (int i = 0; i < size; i++) {
        if (points[i] >= 0x80 && UnicodeCategories.isSpace(points[i])) {
          points[i] = UnicodeCategories.SPACE;
        }
        wide |= points[i] >= Character.MIN_SUPPLEMENTARY_CODE_POINT;
      }
      letters = new String(points, 0, size);
      if (wide) {
        starts = new int[size + 1];
        for (int i = 0; i < size; i++) {
          starts[i + 1] = starts[i] + Character.charCount(points[i]);
        }
      }
    }
    return letters;
  }

  /** Where code point {@code i} begins in {@link #letters}. */
  int start(int i) {
    return starts == null ? i : starts[i];
  }

  /** Which code point begins at this char of {@link #letters}. */
  int index(int start) {
    return starts == null ? start : Arrays.binarySearch(starts, start);
  }
}
