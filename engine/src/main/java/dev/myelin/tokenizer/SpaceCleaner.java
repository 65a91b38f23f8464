package dev.myelin.tokenizer;

import java.util.Arrays;

/**
 * Removes spaces from decoded text, as in llama.cpp ({@code clean_spaces}): before {@code ? ! . ,},
 * before {@code 's 'm 're 've}, and around a separate apostrophe.
 */
final class SpaceCleaner {
  private SpaceCleaner() {}

  static byte[] clean(byte[] text) {
    byte[] bytes = text.clone();
    int size = cleanBeforePunctuation(bytes, bytes.length);
    size = cleanAroundApostrophes(bytes, size);
    size = cleanBeforeContractions(bytes, size);
    return Arrays.copyOf(bytes, size);
  }

  // each pass compacts the bytes in place

  private static int cleanBeforePunctuation(byte[] text, int size) {
    int newSize = Math.min(1, size);
    for (int i = 1; i < size; i++) {
      byte b = text[i];
      if (text[i - 1] == ' ' && (b == '?' || b == '!' || b == '.' || b == ',')) {
        newSize--;
      }
      text[newSize++] = b;
    }
    return newSize;
  }

  private static int cleanAroundApostrophes(byte[] text, int size) {
    int newSize = Math.min(1, size);
    for (int i = 1; i < size; i++) {
      byte b = text[i];
      if (b == '\'' && i + 1 < size && text[i - 1] == ' ' && text[i + 1] == ' ') {
        newSize--;
        text[++i] = 0;
      }
      text[newSize++] = b;
    }
    return newSize;
  }

  private static int cleanBeforeContractions(byte[] text, int size) {
    int newSize = Math.min(1, size);
    for (int i = 1; i < size; i++) {
      byte b = text[i];
      if (text[i - 1] == ' ' && b == '\'' && i + 1 < size) {
        byte next = text[i + 1];
        boolean re = i + 2 < size && text[i + 2] == 'e' && (next == 'r' || next == 'v');
        if (next == 's' || next == 'm' || re) {
          newSize--;
        }
      }
      text[newSize++] = b;
    }
    return newSize;
  }
}
