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
 * An array of strings of a file, copied to the heap as it lies there: string {@code i} is {@code
 * bytes()[start(i)..end(i))}. One copy of a few megabytes is many times faster than a view of each
 * string, and it outlives the file.
 */
final class ByteStrings {
  /** What lies between two strings: the next one's length, u64. */
  private static final int GAP = Long.BYTES;

  /** Of all strings, their lengths included; the largest table known has some 10 MB. */
  private static final int MOST_BYTES = 1 << 27;

  static final ByteStrings NONE = new ByteStrings(new byte[0], new int[] {GAP}, false);

  private final byte[] bytes;

  /** Where each string begins, and where one after the last would. */
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
   * @param most how many strings there may be
   * @throws dev.myelin.error.ModelFileException if the key is missing or is something else
   */
  static ByteStrings of(GgufFile file, String key, int most) {
    Metadata metadata = file.metadata();
    GgufArray array = metadata.array(key);
    if (array.elementType() != GgufValueType.STRING) {
      throw metadata.error(key, "expected an array of strings");
    }
    int size = array.size();
    if (size > most) {
      throw metadata.error(key, "expected at most " + most + " strings");
    }
    return size == 0 ? NONE : of(file, metadata, key, array);
  }

  private static ByteStrings of(GgufFile file, Metadata metadata, String key, GgufArray array) {
    int size = array.size();
    MemorySegment whole = file.parts().getFirst();
    MemorySegment first = array.bytes(0);
    MemorySegment last = array.bytes(size - 1);
    long from = first.address() - whole.address();
    long length = last.address() + last.byteSize() - first.address();
    if (length > MOST_BYTES) {
      throw metadata.error(key, "expected strings of at most " + MOST_BYTES + " bytes together");
    }
    byte[] bytes = copy(file, whole.asSlice(from, length));
    int[] starts = new int[size + 1];
    starts[1] = (int) first.byteSize() + GAP;
    boolean empty = first.byteSize() == 0;
    int at = starts[1];
    for (int i = 2; i <= size; i++) {
      int bytesOfOne = length(bytes, at - GAP);
      empty |= bytesOfOne == 0;
      at += bytesOfOne + GAP;
      starts[i] = at;
    }
    return new ByteStrings(bytes, starts, empty);
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

  /** Strings given one by one, none of them empty. */
  private static ByteStrings of(byte[]... strings) {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    int[] starts = new int[strings.length + 1];
    starts[0] = GAP;
    for (int i = 0; i < strings.length; i++) {
      all.writeBytes(new byte[GAP]);
      all.writeBytes(strings[i]);
      starts[i + 1] = all.size() + GAP;
    }
    return new ByteStrings(all.toByteArray(), starts, false);
  }

  /** These strings, where an empty one {@code i} is called {@code [EMPTY_i]} as in llama.cpp. */
  ByteStrings namingEmpty() {
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

  /** What {@link #start} and {@link #end} refer to; not to be written. */
  byte[] bytes() {
    return bytes;
  }

  int start(int i) {
    return starts[i];
  }

  int end(int i) {
    return starts[i + 1] - GAP;
  }

  byte[] copy(int i) {
    return Arrays.copyOfRange(bytes, start(i), end(i));
  }

  /** String {@code i}; bytes that are not UTF-8 are replaced. */
  String text(int i) {
    return new String(bytes, start(i), end(i) - start(i), StandardCharsets.UTF_8);
  }

  /** The low 31 bits of a little-endian length, which were checked to be all there is. */
  private static int length(byte[] bytes, int at) {
    return (bytes[at] & 0xff)
        | (bytes[at + 1] & 0xff) << 8
        | (bytes[at + 2] & 0xff) << 16
        | (bytes[at + 3] & 0xff) << 24;
  }
}
