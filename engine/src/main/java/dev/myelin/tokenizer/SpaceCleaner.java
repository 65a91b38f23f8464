package dev.myelin.tokenizer;

import java.util.Arrays;

/**
 * Takes away spaces that some tokenizers' decoders do not want: before {@code ? ! . ,} and before
 * {@code 's 'm 're 've}, and both around an apostrophe that stands alone. As in llama.cpp.
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

  // each pass moves bytes to the left; what is still to be read is never overwritten

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
