package dev.myelin.tokenizer;

import dev.myelin.gguf.GgufArray;
import dev.myelin.gguf.GgufFile;
import dev.myelin.gguf.GgufValueType;
import dev.myelin.gguf.Metadata;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * The replacements of character sequences in a SentencePiece model, {@code precompiled_charsmap}:
 * the size of a trie in bytes (u32), the trie, and replacements that end with a zero byte.
 *
 * <p>The trie is a double array, compressed by XOR (darts-clone). A unit of 32 bits has a label in
 * bits 0 to 7, whether a key ends here in bit 8, and an offset in bits 10 to 30, times 256 if bit 9
 * is set. A state is the index of a unit: that of a key's replacement, if one ends there. The child
 * of state {@code s} for byte {@code b} is unit {@code s ^ b} if its label is {@code b}; its state
 * is its index XOR its offset. Bit 31 marks the unit of a replacement.
 */
final class CharacterMap {
  static final String KEY = "tokenizer.ggml.precompiled_charsmap";
  private static final int LABEL_MASK = 0x8000_00ff;

  /** The map of XLM-RoBERTa has 237,539 bytes. */
  private static final int MAX_BYTES = 1 << 26;

  private final int[] units;
  private final byte[] replacements;

  CharacterMap(int[] units, byte[] replacements) {
    this.units = units;
    this.replacements = replacements;
  }

  /**
   * The map of a file, empty if it has none.
   *
   * @throws dev.myelin.error.ModelFileException if the map is malformed
   */
  static CharacterMap of(GgufFile file) {
    Metadata metadata = file.metadata();
    if (!metadata.has(KEY)) {
      return new CharacterMap(new int[0], new byte[0]);
    }
    byte[] bytes = bytes(metadata);
    ByteBuffer buffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    long trieBytes = Integer.toUnsignedLong(buffer.getInt());
    if (trieBytes % Integer.BYTES != 0 || trieBytes >= bytes.length - Integer.BYTES) {
      throw metadata.error(
          KEY,
          "expected a trie of whole units and replacements behind it, the trie has "
              + trieBytes
              + " bytes");
    }
    int[] units = new int[(int) trieBytes / Integer.BYTES];
    buffer.asIntBuffer().get(units);
    byte[] replacements = Arrays.copyOfRange(bytes, Integer.BYTES + (int) trieBytes, bytes.length);
    CharacterMap map = new CharacterMap(units, replacements);
    if (units.length > 0) {
      new CharacterMapCheck(map, units.length, replacements)
          .problem()
          .ifPresent(
              expected -> {
                throw metadata.error(KEY, expected);
              });
    }
    return map;
  }

  private static byte[] bytes(Metadata metadata) {
    GgufArray array = metadata.array(KEY);
    if (array.elementType() != GgufValueType.U8 && array.elementType() != GgufValueType.I8) {
      throw metadata.error(KEY, "expected an array of u8 or i8");
    }
    if (array.size() <= Integer.BYTES || array.size() > MAX_BYTES) {
      throw metadata.error(KEY, "expected 5 to " + MAX_BYTES + " bytes");
    }
    byte[] bytes = new byte[array.size()];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) array.i64(i);
    }
    return bytes;
  }

  /**
   * The longest key at the start of {@code text[from..to)}: its length in the high half, the start
   * of its replacement in the low half; 0 for none.
   */
  long match(byte[] text, int from, int to) {
    long longest = 0;
    int state = units.length == 0 ? 0 : rootState();
    for (int i = from; i < to && units.length > 0; i++) {
      int unit = child(state, text[i] & 0xff);
      if (unit < 0) {
        break;
      }
      state = stateOf(unit);
      if (endsKey(unit)) {
        longest = (long) (i + 1 - from) << 32 | replacementOf(state);
      }
    }
    return longest;
  }

  byte[] replacements() {
    return replacements;
  }

  /** The end of the replacement that begins at this offset. */
  int end(int offset) {
    int end = offset;
    while (replacements[end] != 0) {
      end++;
    }
    return end;
  }

  int rootState() {
    return offset(units[0]);
  }

  /** The unit of a child, or -1. */
  private int child(int state, int label) {
    int unit = state ^ label;
    return label != 0 && (units[unit] & LABEL_MASK) == label ? unit : -1;
  }

  /** The label of a unit; 0 or negative for a replacement. */
  int label(int unit) {
    return units[unit] & LABEL_MASK;
  }

  int stateOf(int unit) {
    return unit ^ offset(units[unit]);
  }

  boolean endsKey(int unit) {
    return (units[unit] & 1 << 8) != 0;
  }

  /** The start of the replacement of the key that ends at a state. */
  int replacementOf(int state) {
    return units[state] & Integer.MAX_VALUE;
  }

  private static int offset(int unit) {
    return unit >>> 10 << ((unit & 1 << 9) >>> 6);
  }
}
