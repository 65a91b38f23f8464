package dev.myelin.cache;

import dev.myelin.error.InvalidRequestException;
import dev.myelin.gguf.GgmlType;
import dev.myelin.graph.GraphBuilder;
import dev.myelin.graph.Tensor;
import dev.myelin.graph.TensorBuffer;
import dev.myelin.graph.TensorContext;

/**
 * Keys and values of one sequence: for each layer two tensors [headSize, cells, kvHeads]: what a
 * head reads is one run of memory. Cell i holds position i. The memory starts as zeroes and is
 * taken page by page as cells are written.
 */
public final class KvCache implements AutoCloseable {
  /** The shape of what a cache keeps. */
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
   * @param cells how many positions it holds
   * @throws InvalidRequestException if heads do not divide into blocks of the type, or the cache
   *     would exceed what can be addressed
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
        keys[i] = context.tensor("cache-k-" + i, type, shape.headSize(), cells, shape.kvHeads());
        values[i] = context.tensor("cache-v-" + i, type, shape.headSize(), cells, shape.kvHeads());
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

  /** Bytes it takes once full. */
  public long bytes() {
    return bytes;
  }

  /** Adds to a graph: the keys [headSize, kvHeads, tokens] are written to {@code rows} [tokens]. */
  public Tensor writeKeys(GraphBuilder g, int layer, Tensor k, Tensor rows) {
    return g.setRows(keys[layer], g.transpose12(k), rows);
  }

  /** Likewise for values. */
  public Tensor writeValues(GraphBuilder g, int layer, Tensor v, Tensor rows) {
    return g.setRows(values[layer], g.transpose12(v), rows);
  }

  /** The keys of the first {@code count} cells: [headSize, count, kvHeads]. */
  public Tensor keys(GraphBuilder g, int layer, int count) {
    return heads(g, keys[layer], count);
  }

  /** The values of the first {@code count} cells: [headSize, count, kvHeads]. */
  public Tensor values(GraphBuilder g, int layer, int count) {
    return heads(g, values[layer], count);
  }

  private Tensor heads(GraphBuilder g, Tensor t, int count) {
    return g.view3d(t, shape.headSize(), count, shape.kvHeads(), t.stride(1), t.stride(2), 0);
  }

  @Override
  public void close() {
    context.close();
    buffer.close();
  }
}
