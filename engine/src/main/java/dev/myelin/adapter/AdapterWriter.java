package dev.myelin.adapter;

import dev.myelin.error.InvalidRequestException;
import dev.myelin.gguf.GgmlType;
import dev.myelin.gguf.GgufWriter;
import dev.myelin.graph.Tensor;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.Arrays;

/** Writes adapter files. Not thread-safe. */
public final class AdapterWriter {
  private static final String EMBEDDING = "token_embd.weight";

  private final GgufWriter writer = new GgufWriter();
  private int pairCount;

  /**
   * One of the two factors of a low-rank update, A or B.
   *
   * @param shape in ggml's order, as in {@link LowRankUpdate}
   * @param values row by row; must stay alive until the file is written
   */
  public record Factor(GgmlType type, long[] shape, MemorySegment values) {
    /** An f32 factor. */
    public static Factor of(float[] values, long... shape) {
      return new Factor(GgmlType.F32, shape, MemorySegment.ofArray(values));
    }

    /** The contents of a tensor at the time the file is written. */
    public static Factor of(Tensor tensor) {
      int rank = tensor.dim(2) == 1 ? 2 : 3;
      long[] shape = new long[rank];
      for (int i = 0; i < rank; i++) {
        shape[i] = tensor.dim(i);
      }
      return new Factor(tensor.type(), shape, tensor.data());
    }
  }

  /**
   * @param architecture the model's {@code general.architecture}
   * @param alpha updates are scaled by alpha / rank; 0 for no scaling
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

  /** Adds a metadata key, such as {@code general.name}. */
  public AdapterWriter put(String key, Object value) {
    writer.put(key, value);
    return this;
  }

  /**
   * Adds the update of a matrix.
   *
   * @param weight name of the matrix, such as {@code blk.0.attn_q.weight}
   * @throws InvalidRequestException if the ranks of A and B differ, or the format does not allow
   *     them
   */
  public AdapterWriter add(String weight, Factor a, Factor b) {
    int rankDim = weight.equals(EMBEDDING) ? 0 : 1;
    if (a.shape.length < 2 || b.shape.length < 2 || a.shape[rankDim] != b.shape[0]) {
      throw new InvalidRequestException(
          "adapter of "
              + weight
              + ": expected A and B of equal rank, found shapes "
              + Arrays.toString(a.shape)
              + " and "
              + Arrays.toString(b.shape));
    }
    writer.tensor(weight + TensorPair.A_SUFFIX, a.type, a.shape, a.values);
    writer.tensor(weight + TensorPair.B_SUFFIX, b.type, b.shape, b.values);
    pairCount++;
    return this;
  }

  /** Size of the file in bytes. */
  public long size() {
    return writer.size();
  }

  /**
   * Writes the file. It appears under its name only when it is complete.
   *
   * @return {@code file}
   * @throws InvalidRequestException if no update was added
   * @throws dev.myelin.error.ModelFileException if the file cannot be written
   */
  public Path write(Path file) {
    if (pairCount == 0) {
      throw new InvalidRequestException("adapter " + file + ": has no tensors");
    }
    writer.write(file);
    return file;
  }
}
