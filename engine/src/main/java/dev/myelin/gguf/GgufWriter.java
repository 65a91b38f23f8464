package dev.myelin.gguf;

import dev.myelin.error.InvalidRequestException;
import dev.myelin.error.MyelinException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Writes GGUF files. Keys and tensors keep the order in which they are added. Tensor data is read
 * when the file is written. Not thread-safe.
 *
 * <p>Adding something that the format does not allow throws {@link InvalidRequestException}.
 */
public final class GgufWriter {
  private final Map<String, byte[]> values = new LinkedHashMap<>();
  private final Map<String, PendingTensor> tensors = new LinkedHashMap<>();
  private int version = 3;
  private long copiedBytes;
  private int alignment = Limits.DEFAULT_ALIGNMENT;

  /** A file without keys and tensors. */
  public GgufWriter() {}

  /** A tensor to write; shape as in {@link TensorInfo}. */
  record PendingTensor(String name, GgmlType type, List<Long> shape, long bytes, DataSource data) {}

  /** Sets the version of the format: 3 (default) or 2. */
  public GgufWriter version(int version) {
    if (version != 2 && version != 3) {
      throw new InvalidRequestException("GGUF version " + version + ": expected 2 or 3");
    }
    this.version = version;
    return this;
  }

  /** Sets the alignment of tensor data in bytes. Default: 32. */
  public GgufWriter alignment(int alignment) {
    if (alignment < 8 || Integer.bitCount(alignment) != 1) {
      throw new InvalidRequestException(
          "alignment " + alignment + ": expected a power of two and at least 8");
    }
    this.alignment = alignment;
    values.put(
        HeaderReader.ALIGNMENT_KEY,
        new ValueWriter().value(GgufValueType.U32, alignment).toBytes());
    return this;
  }

  /**
   * Adds a value. Its Java class determines the type: Integer u32, Long u64, Float f32, Double f64,
   * Boolean bool, String str; int[] i32, long[] i64, float[] f32, double[] f64, byte[] u8,
   * boolean[] bool and String[] arrays. A {@link GgufValue} of another file is copied unchanged.
   */
  public GgufWriter put(String key, Object value) {
    return switch (value) {
      case Integer v -> put(key, GgufValueType.U32, v);
      case Long v -> put(key, GgufValueType.U64, v);
      case Float v -> put(key, GgufValueType.F32, v);
      case Double v -> put(key, GgufValueType.F64, v);
      case Boolean v -> put(key, GgufValueType.BOOL, v);
      case String v -> put(key, GgufValueType.STRING, v);
      case int[] v -> putArray(key, GgufValueType.I32, v);
      case long[] v -> putArray(key, GgufValueType.I64, v);
      case float[] v -> putArray(key, GgufValueType.F32, v);
      case double[] v -> putArray(key, GgufValueType.F64, v);
      case boolean[] v -> putArray(key, GgufValueType.BOOL, v);
      case String[] v -> putArray(key, GgufValueType.STRING, v);
      case byte[] v -> putArray(key, GgufValueType.U8, unsigned(v));
      case GgufValue v -> copy(key, v);
      default ->
          throw new InvalidRequestException(
              "key " + MessageText.abbreviate(key) + ": no GGUF type for " + describe(value));
    };
  }

  /** Adds a number, bool or string of the given type. */
  public GgufWriter put(String key, GgufValueType type, Object value) {
    return add(key, new ValueWriter().value(type, value));
  }

  /**
   * Adds an array.
   *
   * @param values a Java array whose elements fit the type
   */
  public GgufWriter putArray(String key, GgufValueType elementType, Object values) {
    return add(key, new ValueWriter().array(elementType, values));
  }

  /** Adds all values of another file except its alignment and its {@code split.} keys. */
  public GgufWriter putAll(Metadata metadata) {
    for (String key : metadata.keys()) {
      if (!key.equals(HeaderReader.ALIGNMENT_KEY) && !key.startsWith("split.")) {
        put(key, metadata.value(key));
      }
    }
    return this;
  }

  /**
   * Adds a tensor.
   *
   * @param shape in ggml's order, row length first
   * @param data its bytes; they must stay alive until the file is written
   */
  public GgufWriter tensor(String name, GgmlType type, long[] shape, MemorySegment data) {
    tensor(name, type, shape, DataSource.of(data));
    long bytes = tensors.get(name).bytes;
    if (data.byteSize() != bytes) {
      tensors.remove(name);
      throw new InvalidRequestException(
          "tensor " + name + ": " + data.byteSize() + " bytes, expected " + bytes);
    }
    return this;
  }

  /** Adds a tensor whose data is produced when the file is written. */
  public GgufWriter tensor(String name, GgmlType type, long[] shape, DataSource data) {
    checkName("tensor", name, Limits.MAX_NAME_BYTES);
    List<Long> dims = new ArrayList<>();
    long elements = 1;
    for (long dim : shape) {
      dims.add(dim);
      elements = Math.multiplyHigh(elements, dim) == 0 ? elements * dim : -1;
      if (dim <= 0 || elements <= 0) {
        throw tensorError(
            name, dims, "expected dimensions of at least 1 and fewer than 2^63 elements");
      }
    }
    if (dims.isEmpty() || dims.size() > Limits.MAX_RANK) {
      throw tensorError(name, dims, "expected 1 to " + Limits.MAX_RANK + " dimensions");
    }
    if (dims.getFirst() % type.blockSize() != 0) {
      throw tensorError(
          name, dims, "expected rows that are a multiple of " + type.blockSize() + " elements");
    }
    if (tensors.containsKey(name)) {
      throw new InvalidRequestException("tensor " + name + ": added twice");
    }
    tensors.put(name, new PendingTensor(name, type, dims, type.bytes(elements), data));
    return this;
  }

  /**
   * Writes the file atomically: it appears under its name only when it is complete and flushed to
   * disk. On failure an existing file stays unchanged.
   *
   * @throws dev.myelin.error.ModelFileException if it cannot be written, for example on a full disk
   */
  public void write(Path file) {
    new FileWriter().write(List.of(new FileWriter.Job(file, layout(Map.of(), allTensors()))));
  }

  /** The size in bytes of the file that {@link #write} creates. */
  public long size() {
    return layout(Map.of(), allTensors()).size();
  }

  /**
   * Writes a split checkpoint: files {@code prefix-00001-of-0000N.gguf} of similar size. The first
   * one holds all metadata.
   *
   * @param prefix folder and beginning of the file names
   * @return the files, in order
   */
  public List<Path> writeSplit(Path prefix, int count) {
    if (count < 1 || count > Math.max(1, tensors.size())) {
      throw new InvalidRequestException(
          count + " parts: expected 1 to " + Math.max(1, tensors.size()) + ", one tensor each");
    }
    SplitName name = new SplitName(prefix.getFileName().toString(), 0, count);
    List<FileWriter.Job> jobs = new ArrayList<>();
    List<List<PendingTensor>> parts = SplitPlan.partition(allTensors(), count);
    for (int part = 0; part < count; part++) {
      Map<String, byte[]> splitKeys = splitKeys(part, count);
      jobs.add(
          new FileWriter.Job(
              prefix.resolveSibling(name.name(part)), layout(splitKeys, parts.get(part))));
    }
    new FileWriter().write(jobs);
    return jobs.stream().map(FileWriter.Job::file).toList();
  }

  /** The file as native memory, which is freed when it is no longer reachable. */
  public MemorySegment toBytes() {
    FileLayout layout = layout(Map.of(), allTensors());
    MemorySegment bytes = Arena.ofAuto().allocate(layout.size(), 64);
    try {
      layout.writeTo(
          (position, chunk) -> MemorySegment.copy(chunk, 0, bytes, position, chunk.byteSize()));
    } catch (IOException e) {
      throw new MyelinException("tensor data cannot be read: " + e.getMessage(), e);
    }
    return bytes;
  }

  private List<PendingTensor> allTensors() {
    return List.copyOf(tensors.values());
  }

  private FileLayout layout(Map<String, byte[]> splitKeys, List<PendingTensor> tensorsOfFile) {
    Map<String, byte[]> valuesOfFile = new LinkedHashMap<>();
    boolean isFirst =
        !splitKeys.containsKey(PartReader.NUMBER_KEY)
            || splitKeys.get(PartReader.NUMBER_KEY)[4] == 0;
    if (isFirst) {
      valuesOfFile.putAll(values);
    } else if (values.containsKey(HeaderReader.ALIGNMENT_KEY)) {
      valuesOfFile.put(HeaderReader.ALIGNMENT_KEY, values.get(HeaderReader.ALIGNMENT_KEY));
    }
    valuesOfFile.putAll(splitKeys);
    return new FileLayout(version, alignment, valuesOfFile, tensorsOfFile);
  }

  private Map<String, byte[]> splitKeys(int part, int count) {
    Map<String, byte[]> keys = new LinkedHashMap<>();
    keys.put(PartReader.NUMBER_KEY, new ValueWriter().value(GgufValueType.U16, part).toBytes());
    keys.put(PartReader.COUNT_KEY, new ValueWriter().value(GgufValueType.U16, count).toBytes());
    keys.put(
        PartReader.TENSOR_COUNT_KEY,
        new ValueWriter().value(GgufValueType.I32, tensors.size()).toBytes());
    return keys;
  }

  private GgufWriter copy(String key, GgufValue value) {
    copiedBytes += value.bytes();
    if (copiedBytes > Limits.MAX_COPIED_BYTES) {
      throw new InvalidRequestException(
          "key "
              + MessageText.abbreviate(key)
              + " = "
              + value.describe()
              + ": expected at most "
              + Limits.MAX_COPIED_BYTES
              + " bytes of metadata to copy");
    }
    return add(key, new ValueWriter().copy(value));
  }

  private GgufWriter add(String key, ValueWriter value) {
    checkName("key", key, Limits.MAX_KEY_BYTES);
    if (key.equals(HeaderReader.ALIGNMENT_KEY)) {
      throw new InvalidRequestException("key " + key + ": set it with alignment()");
    }
    if (values.putIfAbsent(key, value.toBytes()) != null) {
      throw new InvalidRequestException("key " + MessageText.abbreviate(key) + ": added twice");
    }
    return this;
  }

  private static void checkName(String kind, String name, int maxBytes) {
    int bytes = name.getBytes(StandardCharsets.UTF_8).length;
    if (bytes < 1 || bytes > maxBytes || name.indexOf(0) >= 0) {
      throw new InvalidRequestException(
          kind
              + " "
              + MessageText.abbreviate(name)
              + ": expected a name of 1 to "
              + maxBytes
              + " bytes");
    }
  }

  private static InvalidRequestException tensorError(
      String name, List<Long> dims, String expected) {
    return new InvalidRequestException("tensor " + name + ", shape " + dims + ": " + expected);
  }

  private static int[] unsigned(byte[] bytes) {
    int[] values = new int[bytes.length];
    for (int i = 0; i < bytes.length; i++) {
      values[i] = bytes[i] & 0xff;
    }
    return values;
  }

  /** A value for messages: its class and its text, shortened. */
  static String describe(@Nullable Object value) {
    return value == null
        ? "null"
        : value.getClass().getSimpleName() + " " + MessageText.abbreviate(String.valueOf(value));
  }
}
