package dev.myelin.tokenizer;

import java.util.Arrays;

/** A text under pre-tokenization, by code points, and as patterns want to see it. */
final class SplitText {
  private final int[] codePoints;
  private final int size;
  private String categories;
  private String text;

  /** Where each code point begins in {@link #text}, and its end; null if each takes one char. */
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
        chars[i] = UnicodeCategories.categoryChar(codePoints[i]);
      }
      categories = new String(chars);
    }
    return categories;
  }

  /** The text, but all white space beyond ASCII looks the same. */
  String text() {
    if (text == null) {
      int[] normalized = Arrays.copyOf(codePoints, size);
      boolean hasSupplementary = false;
      for (int i = 0; i < size; i++) {
        if (normalized[i] >= 0x80 && UnicodeCategories.isSpace(normalized[i])) {
          normalized[i] = UnicodeCategories.SPACE;
        }
        hasSupplementary |= normalized[i] >= Character.MIN_SUPPLEMENTARY_CODE_POINT;
      }
      text = new String(normalized, 0, size);
      if (hasSupplementary) {
        starts = new int[size + 1];
        for (int i = 0; i < size; i++) {
          starts[i + 1] = starts[i] + Character.charCount(normalized[i]);
        }
      }
    }
    return text;
  }

  /** Where code point {@code i} begins in {@link #text}. */
  int charOf(int i) {
    return starts == null ? i : starts[i];
  }

  /** Which code point begins at this char of {@link #text}. */
  int codePointAt(int charIndex) {
    return starts == null ? charIndex : Arrays.binarySearch(starts, charIndex);
  }
}
