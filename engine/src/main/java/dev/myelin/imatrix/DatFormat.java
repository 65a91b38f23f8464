package dev.myelin.imatrix;

import dev.myelin.error.ModelFileException;
import dev.myelin.file.FileErrors;
import dev.myelin.file.InputFile;
import dev.myelin.file.OutputFile;
import dev.myelin.imatrix.ImportanceMatrix.Entry;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The legacy format, little endian, with 32-bit values. First the number of entries. For each
 * entry: name, number of chunks, number of values, and the values (means multiplied by the number
 * of chunks). Then the total number of chunks and the name of the dataset. Each string is preceded
 * by its length.
 */
final class DatFormat {
  private static final ValueLayout.OfInt I32 =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfFloat F32 =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final int MAX_NAME_BYTES = 1 << 16;

  private final Path file;
  private final MemorySegment bytes;
  private long offset;

  private DatFormat(Path file, MemorySegment bytes) {
    this.file = file;
    this.bytes = bytes;
  }

  static ImportanceMatrix read(Path file) {
    try (Arena arena = Arena.ofConfined();
        InputFile input = InputFile.open(file)) {
      ImportanceMatrixFiles.requireFitsHeap(file, input.size());
      return new DatFormat(file, input.map(arena)).readMatrix();
    } catch (IOException e) {
      throw new ModelFileException(file, "cannot be read: " + FileErrors.describe(e), e);
    } catch (InternalError e) {
      // a page of the mapping is missing: the file was truncated
      throw new ModelFileException(
          file, "changed while it was read", "expected a file that does not change");
    }
  }

  private ImportanceMatrix readMatrix() {
    int count = readInt("the number of entries", 1, 1 << 17);
    TreeMap<String, Entry> entries = new TreeMap<>();
    for (int i = 0; i < count; i++) {
      String name = readString("the name of entry " + i);
      int chunks = readInt("chunks of entry " + name, 0, Integer.MAX_VALUE);
      int values = readInt("values of entry " + name, 1, Integer.MAX_VALUE - 8);
      requireRemaining((long) values * Float.BYTES, "values of entry " + name);
      float[] sums = bytes.asSlice(offset, (long) values * Float.BYTES).toArray(F32);
      offset += (long) values * Float.BYTES;
      entries.put(name, new Entry(sums, new long[] {chunks}));
    }
    // the rest is optional
    int chunks = offset < bytes.byteSize() ? readInt("chunks", 0, Integer.MAX_VALUE) : 0;
    List<String> datasets = new ArrayList<>();
    if (offset < bytes.byteSize()) {
      String name = readString("the text's name");
      if (!name.isEmpty()) {
        datasets.add(name);
      }
    }
    return new ImportanceMatrix(entries, datasets, chunks, 0);
  }

  private String readString(String name) {
    int length = readInt("the length of " + name, 0, MAX_NAME_BYTES);
    requireRemaining(length, name);
    byte[] utf8 = bytes.asSlice(offset, length).toArray(ValueLayout.JAVA_BYTE);
    offset += length;
    return new String(utf8, StandardCharsets.UTF_8);
  }

  private int readInt(String name, int min, int max) {
    requireRemaining(Integer.BYTES, name);
    int value = bytes.get(I32, offset);
    if (value < min || value > max) {
      throw new ModelFileException(
          file, name + " = " + value + " at byte " + offset, "this is not an importance matrix");
    }
    offset += Integer.BYTES;
    return value;
  }

  private void requireRemaining(long length, String name) {
    if (length > bytes.byteSize() - offset) {
      throw new ModelFileException(
          file,
          "the file ends within " + name,
          "expected " + length + " bytes at " + offset + ", the importance matrix is truncated");
    }
  }

  static void write(ImportanceMatrix matrix, Path file) {
    try (OutputFile output = new OutputFile(file, 0)) {
      try {
        write(matrix, output.stream());
      } catch (IOException e) {
        throw output.writeError(e);
      }
      output.complete();
      output.rename();
    }
  }

  private static void write(ImportanceMatrix matrix, OutputStream out) throws IOException {
    TreeMap<String, Entry> seen = new TreeMap<>(matrix.entries());
    seen.values().removeIf(e -> e.unusedMatrices() == e.counts().length);
    writeAll(out, ints(seen.size()));
    for (Map.Entry<String, Entry> e : seen.entrySet()) {
      writeAll(out, lengthPrefixed(e.getKey()));
      float[] means = e.getValue().means();
      int chunks = chunkCount(e.getValue(), matrix);
      writeAll(out, ints(chunks, means.length));
      ByteBuffer values = ints(new int[means.length]);
      for (float mean : means) {
        values.putFloat(mean * chunks);
      }
      writeAll(out, values.flip());
    }
    writeAll(out, ints(matrix.chunks()));
    List<String> datasets = matrix.datasets();
    writeAll(out, lengthPrefixed(datasets.isEmpty() ? "" : datasets.getLast()));
  }

  /** The number of chunks of an entry, rounded up: 0 would mean that nothing was seen. */
  private static int chunkCount(Entry entry, ImportanceMatrix matrix) {
    long max = Arrays.stream(entry.counts()).max().orElse(0);
    return Math.toIntExact(matrix.isLegacy() ? max : Math.ceilDiv(max, matrix.chunkSize()));
  }

  private static ByteBuffer ints(int... values) {
    ByteBuffer buffer =
        ByteBuffer.allocate(Math.multiplyExact(values.length, Integer.BYTES))
            .order(ByteOrder.LITTLE_ENDIAN);
    for (int value : values) {
      buffer.putInt(value);
    }
    return buffer.flip();
  }

  private static ByteBuffer lengthPrefixed(String text) {
    byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    bytes.writeBytes(ints(utf8.length).array());
    bytes.writeBytes(utf8);
    return ByteBuffer.wrap(bytes.toByteArray());
  }

  private static void writeAll(OutputStream out, ByteBuffer buffer) throws IOException {
    out.write(buffer.array(), 0, buffer.limit());
  }
}
