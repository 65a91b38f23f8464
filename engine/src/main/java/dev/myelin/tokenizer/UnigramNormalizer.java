package dev.myelin.tokenizer;

import dev.myelin.error.InvalidRequestException;
import java.util.Arrays;

/**
 * The normalization of SentencePiece: replaces character sequences ({@link CharacterMap}), escapes
 * spaces, and adds or removes some of them. Thread-safe.
 */
final class UnigramNormalizer {
  /** A longer text could overflow an array. */
  private static final int MAX_BYTES = 1 << 30;

  /**
   * What happens to spaces.
   *
   * @param prefixed whether one is added in front
   * @param merged whether a run becomes one, and spaces at the ends are removed; each text then
   *     begins with one
   */
  record Spaces(boolean prefixed, boolean merged) {}

  private final CharacterMap characters;
  private final Spaces spaces;

  /** User-defined tokens, which are not normalized. */
  private final ByteTrie userDefined = new ByteTrie();

  UnigramNormalizer(Vocabulary vocabulary, CharacterMap characters, Spaces spaces) {
    this.characters = characters;
    this.spaces = spaces;
    ByteStrings texts = vocabulary.texts();
    for (int id = 0; id < texts.size(); id++) {
      if ((vocabulary.attribute(id) & TokenAttribute.USER_DEFINED) != 0) {
        int node = 0;
        for (int i = texts.start(id); i < texts.end(id); i++) {
          int child = userDefined.child(node, texts.bytes()[i]);
          node = child == ByteTrie.NONE ? userDefined.addChild(node, texts.bytes()[i]) : child;
        }
      }
    }
  }

  /**
   * Normalizes {@code utf8[from..to)}.
   *
   * @param continuation whether it continues a text: no space is added in front
   */
  byte[] normalize(byte[] utf8, int from, int to, boolean continuation) {
    Output output = new Output(to - from, continuation);
    for (int offset = from; offset < to; ) {
      int unchanged = userDefinedPrefix(utf8, offset, to);
      long match = unchanged > 0 ? 0 : characters.match(utf8, offset, to);
      if (match != 0) {
        int replacement = (int) match;
        output.add(characters.replacements(), replacement, characters.end(replacement));
        offset += (int) (match >>> 32);
      } else {
        int end = unchanged > 0 ? offset + unchanged : next(utf8, offset, to);
        output.add(utf8, offset, end);
        offset = end;
      }
    }
    return output.toByteArray();
  }

  private static int next(byte[] utf8, int offset, int to) {
    return Math.min(offset + Utf8.sequenceLength(utf8[offset]), to);
  }

  /**
   * The bytes of the longest text at a position that begins like a user-defined token. As in
   * llama.cpp it need not be the whole token, but here it is whole characters.
   */
  private int userDefinedPrefix(byte[] utf8, int from, int to) {
    int node = 0;
    int whole = from;
    for (int i = from; i < to; i++) {
      node = userDefined.child(node, utf8[i]);
      if (node == ByteTrie.NONE) {
        break;
      }
      whole = i + 1 == next(utf8, whole, to) ? i + 1 : whole;
    }
    return whole - from;
  }

  /** The normalized text. */
  private final class Output {
    private byte[] bytes;
    private int size;

    /** Whether the last byte was part of a word. */
    private boolean inWord;

    private boolean hasPrefix;

    Output(int length, boolean continuation) {
      bytes = new byte[Math.max(64, length + length / 2)];
      inWord = continuation;
      hasPrefix = continuation || !spaces.prefixed;
    }

    void add(byte[] text, int from, int to) {
      for (int i = from; i < to; i++) {
        if (size + 2 * EscapedSpace.LENGTH > bytes.length) {
          grow();
        }
        if (text[i] == ' ') {
          inWord = false;
          if (!spaces.merged) {
            size = EscapedSpace.put(bytes, size);
          }
        } else {
          if (!inWord && (spaces.merged || !hasPrefix)) {
            size = EscapedSpace.put(bytes, size);
            hasPrefix = true;
          }
          inWord = true;
          bytes[size++] = text[i];
        }
      }
    }

    private void grow() {
      if (size > MAX_BYTES / 2) {
        throw new InvalidRequestException(
            "a text of more than " + size + " bytes after normalization: expected less");
      }
      bytes = Arrays.copyOf(bytes, 2 * size);
    }

    byte[] toByteArray() {
      return Arrays.copyOf(bytes, size);
    }
  }
}
