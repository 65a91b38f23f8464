package dev.myelin.cache;

import dev.myelin.error.InvalidRequestException;
import dev.myelin.gguf.GgmlType;
import dev.myelin.graph.GraphBuilder;
import dev.myelin.graph.Tensor;
import dev.myelin.graph.TensorBuffer;
import dev.myelin.graph.TensorContext;

/**
 * Keys and values of one sequence: two tensors [headSize, cells, kvHeads] per layer, so that each
 * head reads contiguous memory. Cell i holds position i. The memory starts zeroed; the system
 * commits its pages as cells are written. Confined to one thread at a time.
 */
public final class KvCache implements AutoCloseable {
  /** The shape of a cache, without its length. */
  public record Shape(int layers, int kvHeads, int headSize) {
    long width() {
      return (long) kvHeads * headSize;
    }
  }

  private final Shape shape;
  private final TensorContext context;
  private final TensorBuffer buffer;
  private final Tensor[] keys;
  private final Tensor[] values;
  private final int cells;
  private final long bytes;

  /**
   * @param cells number of positions
   * @throws InvalidRequestException if the head size is not a multiple of the type's block size, or
   *     the cache exceeds the address space
   */
  public KvCache(Shape shape, int cells, CacheType cacheType) {
    GgmlType type = cacheType.type();
    if (shape.headSize() % type.blockSize() != 0) {
      throw new InvalidRequestException(
          "cache type "
              + type.ggmlName()
              + ": heads of "
              + shape.headSize()
              + " values do not divide into its blocks of "
              + type.blockSize());
    }
    this.shape = shape;
    this.cells = cells;
    long tensorBytes = Math.multiplyExact(type.bytes(shape.width()), (long) cells);
    bytes = Math.multiplyExact(TensorBuffer.roundUp(tensorBytes), 2L * shape.layers());
    context = new TensorContext(2 * shape.layers());
    TensorBuffer memory = null;
    keys = new Tensor[shape.layers()];
    values = new Tensor[shape.layers()];
    try {
      memory = TensorBuffer.allocateZeroed(bytes);
      for (int i = 0; i < shape.layers(); i++) {
        keys[i] = context.tensor("cache_k_l" + i, type, shape.headSize(), cells, shape.kvHeads());
        values[i] = context.tensor("cache_v_l" + i, type, shape.headSize(), cells, shape.kvHeads());
        memory.append(keys[i]);
        memory.append(values[i]);
      }
    } catch (RuntimeException e) {
      context.close();
      if (memory != null) {
        memory.close();
      }
      throw e;
    }
    buffer = memory;
  }

  public int cells() {
    return cells;
  }

  /** Bytes of the full cache. */
  public long bytes() {
    return bytes;
  }

  /**
   * Adds a node that writes keys [headSize, kvHeads, tokens] to the cells {@code rows} [tokens].
   */
  public Tensor writeKeys(GraphBuilder g, int layer, Tensor k, Tensor rows) {
    return g.setRows(keys[layer], g.transpose12(k), rows);
  }

  /**
   * Adds a node that writes values [headSize, kvHeads, tokens] to the cells {@code rows} [tokens].
   */
  public Tensor writeValues(GraphBuilder g, int layer, Tensor v, Tensor rows) {
    return g.setRows(values[layer], g.transpose12(v), rows);
  }

  /** The keys of the first {@code count} cells: [headSize, count, kvHeads]. */
  public Tensor keys(GraphBuilder g, int layer, int count) {
    return view(g, keys[layer], count);
  }

  /** The values of the first {@code count} cells: [headSize, count, kvHeads]. */
  public Tensor values(GraphBuilder g, int layer, int count) {
    return view(g, values[layer], count);
  }

  private Tensor view(GraphBuilder g, Tensor t, int count) {
    return g.view3d(t, shape.headSize(), count, shape.kvHeads(), t.stride(1), t.stride(2), 0);
  }

  @Override
  public void close() {
    context.close();
    buffer.close();
  }
}
