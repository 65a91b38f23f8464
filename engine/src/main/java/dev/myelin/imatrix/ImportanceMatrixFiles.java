package dev.myelin.imatrix;

import dev.myelin.error.InvalidRequestException;
import dev.myelin.error.ModelFileException;
import dev.myelin.file.FileErrors;
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
 * Reads and writes importance matrices: GGUF, as llama.cpp 0.5.0 writes them, and the legacy binary
 * format ({@code .dat}). The first bytes tell which. Stateless and thread-safe.
 */
public final class ImportanceMatrixFiles {
  /** File formats. */
  public enum Format {
    GGUF,
    /** The legacy format, without counts per expert. */
    DAT
  }

  private static final byte[] GGUF_MAGIC = "GGUF".getBytes(StandardCharsets.US_ASCII);
  private static final String DATASETS = "imatrix.datasets";
  private static final String CHUNKS = "imatrix.chunk_count";
  private static final String CHUNK_SIZE = "imatrix.chunk_size";
  private static final String SUMS_SUFFIX = ".in_sum2";
  private static final String COUNTS_SUFFIX = ".counts";

  private ImportanceMatrixFiles() {}

  /**
   * Reads a matrix of either format.
   *
   * @throws ModelFileException naming the invalid part of the file
   */
  public static ImportanceMatrix read(Path file) {
    ImportanceMatrix matrix = isGguf(file) ? readGguf(file) : DatFormat.read(file);
    try {
      return matrix.requireValid();
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
      throw new ModelFileException(file, "cannot be read: " + FileErrors.describe(e), e);
    }
  }

  private static ImportanceMatrix readGguf(Path path) {
    try (GgufFile file = GgufFile.open(path)) {
      requireFitsHeap(path, file.tensors().stream().mapToLong(TensorInfo::bytes).sum());
      TreeMap<String, Entry> entries = new TreeMap<>();
      for (TensorInfo tensor : file.tensors()) {
        if (tensor.name().endsWith(SUMS_SUFFIX)) {
          String weight = tensor.name().substring(0, tensor.name().length() - SUMS_SUFFIX.length());
          entries.put(weight, entry(file, weight, tensor));
        }
      }
      if (entries.isEmpty()) {
        throw new ModelFileException(
            path, "no entries", "expected an importance matrix, tensors NAME" + SUMS_SUFFIX);
      }
      int chunkSize = file.metadata().u32(CHUNK_SIZE);
      if (chunkSize == 0) {
        throw file.metadata().error(CHUNK_SIZE, "expected 1 or more");
      }
      return new ImportanceMatrix(entries, datasets(file), file.metadata().u32(CHUNKS), chunkSize);
    }
  }

  /**
   * Rejects matrices that do not fit into memory; the header of a damaged or sparse file may claim
   * any size.
   */
  static void requireFitsHeap(Path file, long bytes) {
    long limit = Runtime.getRuntime().maxMemory() / 2;
    if (bytes > limit) {
      throw new ModelFileException(
          file,
          bytes + " bytes of sums",
          "expected an importance matrix of at most " + limit + " bytes, half of the Java heap");
    }
  }

  private static Entry entry(GgufFile file, String weight, TensorInfo sums) {
    TensorInfo counts =
        file.tensor(weight + COUNTS_SUFFIX)
            .orElseThrow(
                () ->
                    new ModelFileException(
                        file.path(), "tensor " + weight + COUNTS_SUFFIX, "missing"));
    float[] values = floats(file, counts);
    long[] rounded = new long[values.length];
    for (int i = 0; i < values.length; i++) {
      if (!(values[i] >= 0 && values[i] < Long.MAX_VALUE)) {
        throw new ModelFileException(
            file.path(), "tensor " + counts.name() + " has " + values[i], "expected a count");
      }
      rounded[i] = Math.round((double) values[i]);
    }
    try {
      return new Entry(floats(file, sums), rounded);
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
   * Writes a matrix. The file appears when it is complete, and replaces an existing one.
   *
   * @throws ModelFileException if it cannot be written, for example on a full disk
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
      float[] countValues = new float[counts.length];
      for (int i = 0; i < countValues.length; i++) {
        countValues[i] = counts[i];
      }
      long columns = sums.length / countValues.length;
      writer.tensor(
          e.getKey() + SUMS_SUFFIX,
          GgmlType.F32,
          countValues.length == 1 ? new long[] {columns} : new long[] {columns, countValues.length},
          MemorySegment.ofArray(sums));
      writer.tensor(
          e.getKey() + COUNTS_SUFFIX,
          GgmlType.F32,
          countValues.length == 1 ? new long[] {1} : new long[] {1, countValues.length},
          MemorySegment.ofArray(countValues));
    }
    writer.write(file);
  }
}
