package dev.myelin.cache;

import dev.myelin.error.InvalidRequestException;
import dev.myelin.gguf.GgmlType;
import dev.myelin.graph.GraphBuilder;
import dev.myelin.graph.Tensor;
import dev.myelin.graph.TensorBuffer;
import dev.myelin.graph.TensorContext;
import java.util.List;

/**
 * Keys and values of one sequence: two tensors [headSize, cells, kvHeads] per state, so that each
 * head reads contiguous memory. Cell i holds position i. The memory starts zeroed; the system
 * commits its pages as cells are written. Confined to one thread at a time.
 */
public final class KvCache implements AutoCloseable {
  private final TensorContext context;
  private final TensorBuffer buffer;
  private final Tensor[] keys;
  private final Tensor[] values;
  private final int cells;
  private final long bytes;

  /**
   * @param states the states of the model, in the order of their numbers
   * @param cells number of positions
   * @throws InvalidRequestException if a head size is not a multiple of a type's block size, or the
   *     cache exceeds the address space
   */
  public KvCache(List<KvState> states, int cells, CacheType keyType, CacheType valueType) {
    GgmlType k = keyType.type();
    GgmlType v = valueType.type();
    this.cells = cells;
    long sum = 0;
    for (KvState state : states) {
      sum = Math.addExact(sum, tensorBytes(state, k, cells));
      sum = Math.addExact(sum, tensorBytes(state, v, cells));
    }
    bytes = sum;
    context = new TensorContext(Math.max(1, 2 * states.size()));
    TensorBuffer memory = null;
    keys = new Tensor[states.size()];
    values = new Tensor[states.size()];
    try {
      memory = TensorBuffer.allocateZeroed(Math.max(1, bytes));
      for (int i = 0; i < states.size(); i++) {
        KvState s = states.get(i);
        keys[i] = context.tensor("cache_k_l" + i, k, s.headSize(), cells, s.kvHeads());
        values[i] = context.tensor("cache_v_l" + i, v, s.headSize(), cells, s.kvHeads());
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

  private static long tensorBytes(KvState state, GgmlType type, int cells) {
    if (state.headSize() % type.blockSize() != 0) {
      throw new InvalidRequestException(
          "cache type "
              + type.ggmlName()
              + ": heads of "
              + state.headSize()
              + " values do not divide into its blocks of "
              + type.blockSize());
    }
    return TensorBuffer.roundUp(Math.multiplyExact(type.bytes(state.width()), (long) cells));
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
  public Tensor writeKeys(GraphBuilder g, KvState state, Tensor k, Tensor rows) {
    return g.setRows(keys[state.index()], g.transpose12(k), rows);
  }

  /**
   * Adds a node that writes values [headSize, kvHeads, tokens] to the cells {@code rows} [tokens].
   */
  public Tensor writeValues(GraphBuilder g, KvState state, Tensor v, Tensor rows) {
    return g.setRows(values[state.index()], g.transpose12(v), rows);
  }

  /** The keys of the first {@code count} cells: [headSize, count, kvHeads]. */
  public Tensor keys(GraphBuilder g, KvState state, int count) {
    return view(g, keys[state.index()], count);
  }

  /** The values of the first {@code count} cells: [headSize, count, kvHeads]. */
  public Tensor values(GraphBuilder g, KvState state, int count) {
    return view(g, values[state.index()], count);
  }

  private Tensor view(GraphBuilder g, Tensor t, int count) {
    return g.view3d(t, t.dim(0), count, t.dim(2), t.stride(1), t.stride(2), 0);
  }

  @Override
  public void close() {
    context.close();
    buffer.close();
  }
}
