package dev.myelin.tokenizer;

import java.util.Arrays;

/**
 * Takes away spaces that some tokenizers' decoders do not want: before {@code ? ! . ,} and before
 * {@code 's 'm 're 've}, and both around an apostrophe that stands alone. As in llama.cpp.
 */
final class SpaceCleanUp {
  private SpaceCleanUp() {}

  static byte[] clean(byte[] text) {
    byte[] bytes = text.clone();
    int size = beforePunctuation(bytes, bytes.length);
    size = aroundApostrophes(bytes, size);
    size = beforeContractions(bytes, size);
    return Arrays.copyOf(bytes, size);
  }

  // each pass moves bytes to the left; what is still to be read is never overwritten

  private static int beforePunctuation(byte[] text, int size) {
    int kept = Math.min(1, size);
    for (int i = 1; i < size; i++) {
      byte b = text[i];
      if (text[i - 1] == ' ' && (b == '?' || b == '!' || b == '.' || b == ',')) {
        kept--;
      }
      text[kept++] = b;
    }
    return kept;
  }

  private static int aroundApostrophes(byte[] text, int size) {
    int kept = Math.min(1, size);
    for (int i = 1; i < size; i++) {
      byte b = text[i];
      if (b == '\'' && i + 1 < size && text[i - 1] == ' ' && text[i + 1] == ' ') {
        kept--;
        text[++i] = 0;
      }
      text[kept++] = b;
    }
    return kept;
  }

  private static int beforeContractions(byte[] text, int size) {
    int kept = Math.min(1, size);
    for (int i = 1; i < size; i++) {
      byte b = text[i];
      if (text[i - 1] == ' ' && b == '\'' && i + 1 < size) {
        byte next = text[i + 1];
        boolean re = i + 2 < size && text[i + 2] == 'e' && (next == 'r' || next == 'v');
        if (next == 's' || next == 'm' || re) {
          kept--;
        }
      }
      text[kept++] = b;
    }
    return kept;
  }
}
