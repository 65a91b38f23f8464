package dev.myelin.imatrix;

import dev.myelin.error.ModelFileException;
import dev.myelin.file.FileReason;
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
 * The older format, little endian: the number of entries; of each its name, the chunks it was seen
 * in, the number of its values and the values, which are means times those chunks; then the chunks
 * of all and the text's name. Names and texts have their length before them, in 32 bits as all.
 */
final class DatFormat {
  private static final ValueLayout.OfInt I32 =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfFloat F32 =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final int LONGEST_NAME = 1 << 16;

  private final Path file;
  private final MemorySegment bytes;
  private long at;

  private DatFormat(Path file, MemorySegment bytes) {
    this.file = file;
    this.bytes = bytes;
  }

  static ImportanceMatrix read(Path file) {
    try (Arena arena = Arena.ofConfined();
        InputFile input = InputFile.open(file)) {
      ImportanceFiles.requireRoom(file, input.size());
      return new DatFormat(file, input.map(arena)).matrix();
    } catch (IOException e) {
      throw new ModelFileException(file, "cannot be read: " + FileReason.of(e), e);
    } catch (InternalError e) {
      // a page of the mapping is missing
      throw new ModelFileException(
          file, "changed while it was read", "expected a file that stays as it is");
    }
  }

  private ImportanceMatrix matrix() {
    int count = between("the number of entries", 1, 1 << 17);
    TreeMap<String, Entry> entries = new TreeMap<>();
    for (int i = 0; i < count; i++) {
      String name = text("the name of entry " + i);
      int chunks = between("chunks of entry " + name, 0, Integer.MAX_VALUE);
      int values = between("values of entry " + name, 1, Integer.MAX_VALUE - 8);
      require((long) values * Float.BYTES, "values of entry " + name);
      float[] sums = bytes.asSlice(at, (long) values * Float.BYTES).toArray(F32);
      at += (long) values * Float.BYTES;
      entries.put(name, new Entry(sums, new long[] {chunks}));
    }
    // what follows may be missing
    int chunks = at < bytes.byteSize() ? between("chunks", 0, Integer.MAX_VALUE) : 0;
    List<String> datasets = new ArrayList<>();
    if (at < bytes.byteSize()) {
      String name = text("the text's name");
      if (!name.isEmpty()) {
        datasets.add(name);
      }
    }
    return new ImportanceMatrix(entries, datasets, chunks, 0);
  }

  private String text(String what) {
    int length = between("the length of " + what, 0, LONGEST_NAME);
    require(length, what);
    byte[] utf8 = bytes.asSlice(at, length).toArray(ValueLayout.JAVA_BYTE);
    at += length;
    return new String(utf8, StandardCharsets.UTF_8);
  }

  private int between(String what, int low, int high) {
    require(Integer.BYTES, what);
    int value = bytes.get(I32, at);
    if (value < low || value > high) {
      throw new ModelFileException(
          file, what + " = " + value + " at byte " + at, "this is no importance matrix");
    }
    at += Integer.BYTES;
    return value;
  }

  private void require(long length, String what) {
    if (length > bytes.byteSize() - at) {
      throw new ModelFileException(
          file,
          "it ends within " + what,
          "expected " + length + " bytes at " + at + ", this is no whole importance matrix");
    }
  }

  static void write(ImportanceMatrix matrix, Path file) {
    try (OutputFile output = new OutputFile(file, 0)) {
      try {
        write(matrix, output.stream());
      } catch (IOException e) {
        throw output.failed(e);
      }
      output.complete();
      output.rename();
    }
  }

  private static void write(ImportanceMatrix matrix, OutputStream out) throws IOException {
    TreeMap<String, Entry> seen = new TreeMap<>(matrix.entries());
    seen.values().removeIf(e -> e.unseen() == e.counts().length);
    writeAll(out, ints(seen.size()));
    for (Map.Entry<String, Entry> e : seen.entrySet()) {
      writeAll(out, named(e.getKey()));
      float[] means = e.getValue().means();
      int chunks = chunks(e.getValue(), matrix);
      writeAll(out, ints(chunks, means.length));
      ByteBuffer values = ints(new int[means.length]);
      for (float mean : means) {
        values.putFloat(mean * chunks);
      }
      writeAll(out, values.flip());
    }
    writeAll(out, ints(matrix.chunks()));
    List<String> datasets = matrix.datasets();
    writeAll(out, named(datasets.isEmpty() ? "" : datasets.getLast()));
  }

  /** Rounded up: none would mean that nothing was seen. */
  private static int chunks(Entry entry, ImportanceMatrix matrix) {
    long most = Arrays.stream(entry.counts()).max().orElse(0);
    return Math.toIntExact(matrix.isOlder() ? most : Math.ceilDiv(most, matrix.chunkSize()));
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

  private static ByteBuffer named(String text) {
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
