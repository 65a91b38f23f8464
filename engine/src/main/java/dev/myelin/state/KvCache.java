package dev.myelin.state;

import dev.myelin.error.InvalidRequestException;
import dev.myelin.gguf.GgmlType;
import dev.myelin.graph.GraphBuilder;
import dev.myelin.graph.Tensor;
import dev.myelin.graph.TensorBuffer;
import dev.myelin.graph.TensorContext;
import dev.myelin.state.KvState.Scope;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Keys and values of one sequence in pages: two tensors [size, cells, kvHeads] per state, so that
 * each head reads contiguous memory. States of the same window and scope share a {@link PageTable}.
 * The memory starts zeroed; the system commits its pages as cells are written. Confined to one
 * thread at a time.
 */
public final class KvCache implements AutoCloseable {
  private record TableKey(Window window, Scope scope) {
    // not the generated methods: see Window
    @Override
    public boolean equals(Object other) {
      return other instanceof TableKey k && scope == k.scope && window.equals(k.window);
    }

    @Override
    public int hashCode() {
      return 31 * window.hashCode() + scope.ordinal();
    }
  }

  private final Map<TableKey, PageTable> tables = new LinkedHashMap<>();
  private final TensorContext context;
  private final TensorBuffer buffer;
  private final Tensor[] keys;
  private final Tensor[] values;
  private final long bytes;

  /**
   * @param states the states of the model, in the order of their numbers
   * @throws InvalidRequestException if a size is not a multiple of a type's block size, or the
   *     cache exceeds the address space
   */
  KvCache(List<KvState> states, StateOptions options) {
    long sum = 0;
    for (KvState state : states) {
      tables.computeIfAbsent(key(state), k -> table(state, options));
      sum = Math.addExact(sum, bytes(state, options));
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
        keys[i] = tensor(memory, "cache_k_l" + i, s, options.keyType(), s.keySize());
        if (s.valueWidth() > 0) {
          values[i] = tensor(memory, "cache_v_l" + i, s, options.valueType(), s.valueSize());
        }
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

  private Tensor tensor(TensorBuffer memory, String name, KvState s, CacheType type, int size) {
    Tensor t = context.tensor(name, type.type(), size, table(s).cells(), s.kvHeads());
    memory.append(t);
    return t;
  }

  private static TableKey key(KvState state) {
    return new TableKey(state.window(), state.scope());
  }

  private static PageTable table(KvState state, StateOptions options) {
    return new PageTable(pages(state, options), length(state, options));
  }

  /** The number of positions that a state may be asked for. */
  private static int length(KvState state, StateOptions options) {
    return state.scope() == Scope.PASS ? options.batch() : options.contextLength();
  }

  /** Pages of all positions, or of those that the tokens of a batch see. */
  private static int pages(KvState state, StateOptions options) {
    int all = Math.ceilDiv(length(state, options), PageTable.PAGE);
    Window window = state.window();
    if (!window.isPresent() || state.scope() != Scope.SEQUENCE) {
      return all;
    }
    long seen = (long) window.size() + options.batch();
    return (int) Math.min(all, Math.ceilDiv(seen, PageTable.PAGE) + 1);
  }

  /**
   * Bytes of a state's keys and values.
   *
   * @throws InvalidRequestException if a size is not a multiple of a type's block size
   */
  public static long bytes(KvState state, StateOptions options) {
    long cells = (long) pages(state, options) * PageTable.PAGE;
    return Math.addExact(
        bytes(options.keyType(), state.keySize(), state.keyWidth(), cells),
        bytes(options.valueType(), state.valueSize(), state.valueWidth(), cells));
  }

  private static long bytes(CacheType cacheType, int size, long width, long cells) {
    GgmlType type = cacheType.type();
    if (width > 0 && size % type.blockSize() != 0) {
      throw new InvalidRequestException(
          "cache type "
              + type.ggmlName()
              + ": heads of "
              + size
              + " values do not divide into its blocks of "
              + type.blockSize());
    }
    return width == 0 ? 0 : TensorBuffer.roundUp(Math.multiplyExact(type.bytes(width), cells));
  }

  /** The cells of a context without a window: whole pages. */
  public static long cells(int contextLength) {
    return Math.ceilDiv((long) contextLength, PageTable.PAGE) * PageTable.PAGE;
  }

  /** The page table of a state. */
  public PageTable table(KvState state) {
    return tables.get(key(state));
  }

  /** Bytes of the full cache. */
  public long bytes() {
    return bytes;
  }

  /** Whether the pages that a token at {@code position} sees are held. */
  boolean canContinueAt(int position) {
    for (Map.Entry<TableKey, PageTable> e : tables.entrySet()) {
      TableKey key = e.getKey();
      if (key.scope == Scope.SEQUENCE
          && !e.getValue().holds(key.window.begin(position), position)) {
        return false;
      }
    }
    return true;
  }

  /** Holds the pages of a pass that writes positions up to {@code end}. */
  void write(Scope scope, int end) {
    for (Map.Entry<TableKey, PageTable> e : tables.entrySet()) {
      if (e.getKey().scope == scope) {
        e.getValue().write(end);
      }
    }
  }

  /** Drops all positions of a scope. */
  void clear(Scope scope) {
    for (Map.Entry<TableKey, PageTable> e : tables.entrySet()) {
      if (e.getKey().scope == scope) {
        e.getValue().clear();
      }
    }
  }

  /** Adds a node that writes keys [keySize, kvHeads, tokens] to the cells {@code rows} [tokens]. */
  public Tensor writeKeys(GraphBuilder g, KvState state, Tensor k, Tensor rows) {
    return g.setRows(keys[state.index()], g.transpose12(k), rows);
  }

  /** Adds a node that writes values [valueSize, kvHeads, tokens] to {@code rows} [tokens]. */
  public Tensor writeValues(GraphBuilder g, KvState state, Tensor v, Tensor rows) {
    return g.setRows(values[state.index()], g.transpose12(v), rows);
  }

  /** All keys: [keySize, cells, kvHeads]. */
  public Tensor keys(GraphBuilder g, KvState state) {
    return g.read(keys[state.index()]);
  }

  /** All values: [valueSize, cells, kvHeads]. */
  public Tensor values(GraphBuilder g, KvState state) {
    if (!state.valuesInKeys()) {
      return g.read(values[state.index()]);
    }
    Tensor k = g.read(keys[state.index()]);
    return g.view3d(k, state.valueSize(), k.dim(1), k.dim(2), k.stride(1), k.stride(2), 0);
  }

  @Override
  public void close() {
    context.close();
    buffer.close();
  }
}
