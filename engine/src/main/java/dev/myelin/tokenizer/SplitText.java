package dev.myelin.tokenizer;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** A text during pre-tokenization: code points, and strings to match patterns against. */
final class SplitText {
  private final int[] codePoints;
  private final int size;
  private @Nullable String categories;
  private @Nullable String text;

  /** The start of each code point in {@link #text}, and its end; null if each is one char. */
  private int @Nullable [] starts;

  /** The text {@code utf8[from..to)}. */
  SplitText(byte[] utf8, int from, int to) {
    codePoints = Utf8.codePoints(utf8, from, to);
    size = codePoints.length;
  }

  /** The number of code points. */
  int size() {
    return size;
  }

  /** One char per code point: ASCII unchanged, others replaced by a char of the same category. */
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

  /** The text with all non-ASCII white space replaced by one character. */
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

  /** The index in {@link #text} where code point {@code i} begins. */
  int charOf(int i) {
    return starts == null ? i : starts[i];
  }

  /** The code point that begins at an index of {@link #text}. */
  int codePointAt(int charIndex) {
    return starts == null ? charIndex : Arrays.binarySearch(starts, charIndex);
  }
}
