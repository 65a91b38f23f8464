package dev.myelin.tokenizer;

import dev.myelin.gguf.GgufArray;
import dev.myelin.gguf.GgufFile;
import dev.myelin.gguf.GgufValueType;
import dev.myelin.gguf.Metadata;
import java.io.ByteArrayOutputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * An array of strings of a file, copied to the heap in its file format: string {@code i} is {@code
 * bytes()[start(i)..end(i))}. One copy of a few megabytes is many times faster than a view of each
 * string, and the file may be closed.
 */
final class ByteStrings {
  /** Two strings are separated by the length of the second, a u64. */
  private static final int LENGTH_BYTES = Long.BYTES;

  /** Size of the array, lengths included. The largest known one has about 10 MB. */
  private static final int MAX_BYTES = 1 << 27;

  static final ByteStrings EMPTY = new ByteStrings(new byte[0], new int[] {LENGTH_BYTES}, false);

  private final byte[] bytes;

  /** The start of each string, and the start that one more string would have. */
  private final int[] starts;

  private final boolean hasEmpty;

  private ByteStrings(byte[] bytes, int[] starts, boolean hasEmpty) {
    this.bytes = bytes;
    this.starts = starts;
    this.hasEmpty = hasEmpty;
  }

  /**
   * Copies an array of strings.
   *
   * @param maxSize largest number of strings
   * @throws dev.myelin.error.ModelFileException if the key is missing or not an array of strings
   */
  static ByteStrings of(GgufFile file, String key, int maxSize) {
    Metadata metadata = file.metadata();
    GgufArray array = metadata.array(key);
    if (array.elementType() != GgufValueType.STRING) {
      throw metadata.error(key, "expected an array of strings");
    }
    int size = array.size();
    if (size > maxSize) {
      throw metadata.error(key, "expected at most " + maxSize + " strings");
    }
    return size == 0 ? EMPTY : of(file, metadata, key, array);
  }

  private static ByteStrings of(GgufFile file, Metadata metadata, String key, GgufArray array) {
    int size = array.size();
    MemorySegment fileBytes = file.parts().getFirst();
    MemorySegment first = array.bytes(0);
    MemorySegment last = array.bytes(size - 1);
    long from = first.address() - fileBytes.address();
    long length = last.address() + last.byteSize() - first.address();
    if (length > MAX_BYTES) {
      throw metadata.error(key, "expected strings of at most " + MAX_BYTES + " bytes together");
    }
    byte[] bytes = copy(file, fileBytes.asSlice(from, length));
    int[] starts = new int[size + 1];
    starts[1] = (int) first.byteSize() + LENGTH_BYTES;
    boolean hasEmpty = first.byteSize() == 0;
    int offset = starts[1];
    for (int i = 2; i <= size; i++) {
      int stringLength = length(bytes, offset - LENGTH_BYTES);
      hasEmpty |= stringLength == 0;
      offset += stringLength + LENGTH_BYTES;
      starts[i] = offset;
    }
    return new ByteStrings(bytes, starts, hasEmpty);
  }

  private static byte[] copy(GgufFile file, MemorySegment strings) {
    try {
      byte[] bytes = strings.toArray(ValueLayout.JAVA_BYTE);
      file.requireUnchanged();
      return bytes;
    } catch (InternalError e) {
      throw file.changedError();
    }
  }

  /** The given strings, none of them empty. */
  private static ByteStrings of(byte[]... strings) {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    int[] starts = new int[strings.length + 1];
    starts[0] = LENGTH_BYTES;
    for (int i = 0; i < strings.length; i++) {
      all.writeBytes(new byte[LENGTH_BYTES]);
      all.writeBytes(strings[i]);
      starts[i + 1] = all.size() + LENGTH_BYTES;
    }
    return new ByteStrings(all.toByteArray(), starts, false);
  }

  /** Replaces each empty string {@code i} by {@code [EMPTY_i]}, as in llama.cpp. */
  ByteStrings withEmptyNamed() {
    if (!hasEmpty) {
      return this;
    }
    byte[][] strings = new byte[size()][];
    for (int i = 0; i < strings.length; i++) {
      strings[i] = copy(i);
      if (strings[i].length == 0) {
        strings[i] = ("[EMPTY_" + i + "]").getBytes(StandardCharsets.UTF_8);
      }
    }
    return of(strings);
  }

  int size() {
    return starts.length - 1;
  }

  /** The array that {@link #start} and {@link #end} index. Must not be modified. */
  byte[] bytes() {
    return bytes;
  }

  int start(int i) {
    return starts[i];
  }

  int end(int i) {
    return starts[i + 1] - LENGTH_BYTES;
  }

  int length(int i) {
    return end(i) - start(i);
  }

  byte[] copy(int i) {
    return Arrays.copyOfRange(bytes, start(i), end(i));
  }

  /** String {@code i}. Invalid UTF-8 is replaced by U+FFFD. */
  String text(int i) {
    return new String(bytes, start(i), end(i) - start(i), StandardCharsets.UTF_8);
  }

  /** The low 32 bits of a little-endian length. The others are known to be zero. */
  private static int length(byte[] bytes, int offset) {
    return (bytes[offset] & 0xff)
        | (bytes[offset + 1] & 0xff) << 8
        | (bytes[offset + 2] & 0xff) << 16
        | (bytes[offset + 3] & 0xff) << 24;
  }
}
