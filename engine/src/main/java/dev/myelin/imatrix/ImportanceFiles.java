package dev.myelin.imatrix;

import dev.myelin.error.InvalidRequestException;
import dev.myelin.error.ModelFileException;
import dev.myelin.file.FileReason;
import dev.myelin.gguf.GgmlType;
import dev.myelin.gguf.GgufArray;
import dev.myelin.gguf.GgufFile;
import dev.myelin.gguf.GgufValueType;
import dev.myelin.gguf.GgufWriter;
import dev.myelin.gguf.TensorInfo;
import dev.myelin.imatrix.ImportanceMatrix.Entry;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Importance matrices in files: GGUF, as llama.cpp 0.5.0 writes them, and the older binary format
 * ({@code .dat}), which is told by its first bytes.
 */
public final class ImportanceFiles {
  /** How a matrix is written. */
  public enum Format {
    GGUF,
    /** The older one, without counts by expert. */
    DAT
  }

  private static final byte[] GGUF_MAGIC = "GGUF".getBytes(StandardCharsets.US_ASCII);
  private static final String DATASETS = "imatrix.datasets";
  private static final String CHUNKS = "imatrix.chunk_count";
  private static final String CHUNK_SIZE = "imatrix.chunk_size";
  private static final String SUMS = ".in_sum2";
  private static final String COUNTS = ".counts";

  private ImportanceFiles() {}

  /**
   * Reads a matrix of either format.
   *
   * @throws ModelFileException naming what is wrong with the file
   */
  public static ImportanceMatrix read(Path file) {
    ImportanceMatrix matrix = isGguf(file) ? readGguf(file) : DatFormat.read(file);
    try {
      return matrix.checked();
    } catch (InvalidRequestException e) {
      throw new ModelFileException(file, e.getMessage(), e);
    }
  }

  private static boolean isGguf(Path file) {
    if (Files.isDirectory(file)) {
      throw new ModelFileException(file, "this is a folder", "expected an importance matrix");
    }
    try (InputStream in = Files.newInputStream(file)) {
      return Arrays.equals(in.readNBytes(GGUF_MAGIC.length), GGUF_MAGIC);
    } catch (NoSuchFileException e) {
      throw new ModelFileException(file, "no such file", e);
    } catch (AccessDeniedException e) {
      throw new ModelFileException(file, "no permission to read it", e);
    } catch (IOException e) {
      throw new ModelFileException(file, "cannot be read: " + FileReason.of(e), e);
    }
  }

  private static ImportanceMatrix readGguf(Path path) {
    try (GgufFile file = GgufFile.open(path)) {
      requireRoom(path, file.tensors().stream().mapToLong(TensorInfo::bytes).sum());
      TreeMap<String, Entry> entries = new TreeMap<>();
      for (TensorInfo tensor : file.tensors()) {
        if (tensor.name().endsWith(SUMS)) {
          String weight = tensor.name().substring(0, tensor.name().length() - SUMS.length());
          entries.put(weight, entry(file, weight, tensor));
        }
      }
      if (entries.isEmpty()) {
        throw new ModelFileException(
            path, "no entries", "expected an importance matrix, tensors NAME" + SUMS);
      }
      int chunkSize = file.metadata().u32(CHUNK_SIZE);
      if (chunkSize == 0) {
        throw file.metadata().error(CHUNK_SIZE, "expected 1 or more");
      }
      return new ImportanceMatrix(entries, datasets(file), file.metadata().u32(CHUNKS), chunkSize);
    }
  }

  /**
   * A matrix is held in memory; a damaged file, or one with holes, may claim far more than it is.
   */
  static void requireRoom(Path file, long bytes) {
    long room = Runtime.getRuntime().maxMemory() / 2;
    if (bytes > room) {
      throw new ModelFileException(
          file,
          bytes + " bytes of sums",
          "expected an importance matrix of at most " + room + " bytes, half of the Java heap");
    }
  }

  private static Entry entry(GgufFile file, String weight, TensorInfo sums) {
    TensorInfo counts =
        file.tensor(weight + COUNTS)
            .orElseThrow(
                () -> new ModelFileException(file.path(), "tensor " + weight + COUNTS, "missing"));
    float[] rows = floats(file, counts);
    long[] whole = new long[rows.length];
    for (int i = 0; i < rows.length; i++) {
      if (!(rows[i] >= 0 && rows[i] < Long.MAX_VALUE)) {
        throw new ModelFileException(
            file.path(), "tensor " + counts.name() + " has " + rows[i], "expected a count");
      }
      whole[i] = Math.round((double) rows[i]);
    }
    try {
      return new Entry(floats(file, sums), whole);
    } catch (InvalidRequestException e) {
      throw new ModelFileException(file.path(), "entry " + weight, e.getMessage());
    }
  }

  private static float[] floats(GgufFile file, TensorInfo tensor) {
    if (tensor.type() != GgmlType.F32 || tensor.elements() > Integer.MAX_VALUE - 8) {
      throw new ModelFileException(
          file.path(),
          "tensor " + tensor.name() + ", " + tensor.type().ggmlName() + " " + tensor.shape(),
          "expected fewer than 2^31 values of f32");
    }
    try {
      float[] values = file.data(tensor).toArray(ValueLayout.JAVA_FLOAT);
      file.requireUnchanged();
      return values;
    } catch (InternalError e) {
      throw file.changedError();
    }
  }

  private static List<String> datasets(GgufFile file) {
    List<String> names = new ArrayList<>();
    if (file.metadata().optArray(DATASETS).isPresent()) {
      GgufArray array = file.metadata().array(DATASETS).requireType(GgufValueType.STRING);
      for (int i = 0; i < array.size(); i++) {
        names.add(array.string(i));
      }
    }
    return names;
  }

  /**
   * Writes a matrix; the file appears when it is complete, and replaces an older one.
   *
   * @throws ModelFileException where it cannot be written, as on a full disk
   */
  public static void write(ImportanceMatrix matrix, Path file, Format format) {
    if (format == Format.DAT) {
      DatFormat.write(matrix, file);
      return;
    }
    GgufWriter writer =
        new GgufWriter()
            .put("general.type", "imatrix")
            .put(DATASETS, matrix.datasets().toArray(String[]::new))
            .put(CHUNKS, matrix.chunks())
            .put(CHUNK_SIZE, matrix.chunkSize());
    for (Map.Entry<String, Entry> e : matrix.entries().entrySet()) {
      float[] sums = e.getValue().sums();
      long[] counts = e.getValue().counts();
      float[] rows = new float[counts.length];
      for (int i = 0; i < rows.length; i++) {
        rows[i] = counts[i];
      }
      long columns = sums.length / rows.length;
      writer.tensor(
          e.getKey() + SUMS,
          GgmlType.F32,
          rows.length == 1 ? new long[] {columns} : new long[] {columns, rows.length},
          MemorySegment.ofArray(sums));
      writer.tensor(
          e.getKey() + COUNTS,
          GgmlType.F32,
          rows.length == 1 ? new long[] {1} : new long[] {1, rows.length},
          MemorySegment.ofArray(rows));
    }
    writer.write(file);
  }
}
