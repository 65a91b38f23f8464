package dev.myelin.adapter;

import dev.myelin.error.InvalidRequestException;
import dev.myelin.gguf.GgmlType;
import dev.myelin.gguf.GgufWriter;
import dev.myelin.graph.Tensor;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.Arrays;

/** Writes adapters. One thread at a time. */
public final class AdapterWriter {
  private static final String EMBEDDING = "token_embd.weight";

  private final GgufWriter writer = new GgufWriter();
  private int pairs;

  /**
   * One of the two matrices of a change.
   *
   * @param shape in ggml's order, as in {@link LowRank}
   * @param values row after row, which must stay alive until the file is written
   */
  public record Half(GgmlType type, long[] shape, MemorySegment values) {
    /** Of f32. */
    public static Half of(float[] values, long... shape) {
      return new Half(GgmlType.F32, shape, MemorySegment.ofArray(values));
    }

    /** What a tensor holds when the file is written. */
    public static Half of(Tensor tensor) {
      int rank = tensor.dim(2) == 1 ? 2 : 3;
      long[] shape = new long[rank];
      for (int i = 0; i < rank; i++) {
        shape[i] = tensor.dim(i);
      }
      return new Half(tensor.type(), shape, tensor.data());
    }
  }

  /**
   * @param architecture the model's {@code general.architecture}
   * @param alpha by which changes are scaled: alpha / rank; 0 leaves them as they are
   */
  public AdapterWriter(String architecture, float alpha) {
    if (!Float.isFinite(alpha)) {
      throw new InvalidRequestException("alpha = " + alpha + ": expected a finite number");
    }
    writer.put(AdapterKeys.TYPE, "adapter");
    writer.put(AdapterKeys.ARCHITECTURE, architecture);
    writer.put(AdapterKeys.ADAPTER_TYPE, "lora");
    writer.put(AdapterKeys.ALPHA, alpha);
  }

  /** Adds a key beside those that make an adapter, such as {@code general.name}. */
  public AdapterWriter put(String key, Object value) {
    writer.put(key, value);
    return this;
  }

  /**
   * Adds the change of a matrix.
   *
   * @param weight its name, such as {@code blk.0.attn_q.weight}
   * @throws InvalidRequestException if the halves have no rank in common, or the format does not
   *     allow them
   */
  public AdapterWriter add(String weight, Half a, Half b) {
    int shared = weight.equals(EMBEDDING) ? 0 : 1;
    if (a.shape.length < 2 || b.shape.length < 2 || a.shape[shared] != b.shape[0]) {
      throw new InvalidRequestException(
          "adapter of "
              + weight
              + ": expected A and B of one rank, they have "
              + Arrays.toString(a.shape)
              + " and "
              + Arrays.toString(b.shape));
    }
    writer.tensor(weight + Pair.A, a.type, a.shape, a.values);
    writer.tensor(weight + Pair.B, b.type, b.shape, b.values);
    pairs++;
    return this;
  }

  /** Bytes of the file that {@link #write} makes. */
  public long size() {
    return writer.size();
  }

  /**
   * Writes the file, which appears under its name only when it is complete.
   *
   * @return {@code file}
   * @throws InvalidRequestException if nothing was added
   * @throws dev.myelin.error.ModelFileException where it cannot be written
   */
  public Path write(Path file) {
    if (pairs == 0) {
      throw new InvalidRequestException("adapter " + file + ": changes nothing");
    }
    writer.write(file);
    return file;
  }
}
