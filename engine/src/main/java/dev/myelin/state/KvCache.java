package dev.myelin.state;

import dev.myelin.error.CapacityException;
import dev.myelin.error.InvalidRequestException;
import dev.myelin.gguf.GgmlType;
import dev.myelin.graph.GraphBuilder;
import dev.myelin.graph.Tensor;
import dev.myelin.graph.TensorBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * Keys and values of all sequences in pages: two tensors [size, cells, kvHeads] per state, so that
 * each head reads contiguous memory. States of the same window and scope form a {@link PageClass},
 * whose pages hold the same positions. The memory starts zeroed; the system commits its pages as
 * cells are written. Confined to one thread at a time.
 */
public final class KvCache implements AutoCloseable {
  /** Frees pages that are in use. */
  @FunctionalInterface
  interface Reclaimer {
    /** Frees at least one page of a class; false if it cannot. */
    boolean reclaim(PageClass kind);
  }

  private final List<PageClass> classes;
  private final PageClass[] classOfState;
  private final PagePool[] pools;
  private final StateOptions options;
  private final Reclaimer reclaimer;
  private final StateMemory memory;
  private final Tensor[] keys;
  private final Tensor[] values;
  private final PageContents[] contents; // by class
  private final long bytes;

  /**
   * @param states the states of the model, in the order of their numbers
   * @param reclaimer asked for pages when there are none
   * @throws InvalidRequestException if a size is not a multiple of a type's block size, or the
   *     cache exceeds the address space
   */
  KvCache(List<KvState> states, StateOptions options, Reclaimer reclaimer) {
    this.options = options;
    this.reclaimer = reclaimer;
    classes = classes(states);
    classOfState = new PageClass[states.size()];
    pools = new PagePool[classes.size()];
    for (PageClass kind : classes) {
      pools[kind.index()] = new PagePool(kind.pages(options));
    }
    long sum = 0;
    for (KvState state : states) {
      PageClass kind = find(classes, state);
      classOfState[state.index()] = kind;
      sum = Math.addExact(sum, bytes(state, kind, options));
    }
    bytes = sum;
    keys = new Tensor[states.size()];
    values = new Tensor[states.size()];
    memory = new StateMemory(2 * states.size(), bytes, m -> addTo(m, states));
    contents = new PageContents[classes.size()];
    for (PageClass kind : classes) {
      contents[kind.index()] = contentsOf(kind);
    }
  }

  private void addTo(StateMemory m, List<KvState> states) {
    for (KvState s : states) {
      int i = s.index();
      keys[i] = tensor(m, "cache_k_l" + i, s, options.keyType(), s.keySize());
      if (s.valueWidth() > 0) {
        values[i] = tensor(m, "cache_v_l" + i, s, options.valueType(), s.valueSize());
      }
    }
  }

  private static List<PageClass> classes(List<KvState> states) {
    List<PageClass> classes = new ArrayList<>();
    for (KvState state : states) {
      if (find(classes, state) == null) {
        classes.add(new PageClass(classes.size(), state.window(), state.scope()));
      }
    }
    return List.copyOf(classes);
  }

  private static PageClass find(List<PageClass> classes, KvState state) {
    for (PageClass kind : classes) {
      if (kind.is(state)) {
        return kind;
      }
    }
    return null;
  }

  private Tensor tensor(StateMemory m, String name, KvState s, CacheType type, int size) {
    long cells = (long) pool(kind(s)).pages() * PageTable.PAGE;
    return m.add(name, type.type(), size, cells, s.kvHeads());
  }

  /**
   * Bytes of a state's keys and values.
   *
   * @throws InvalidRequestException if a size is not a multiple of a type's block size
   */
  public static long bytes(KvState state, StateOptions options) {
    return bytes(state, new PageClass(0, state.window(), state.scope()), options);
  }

  private static long bytes(KvState state, PageClass kind, StateOptions options) {
    long cells = (long) kind.pages(options) * PageTable.PAGE;
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

  /** The classes of the states, in the order of their numbers. */
  List<PageClass> classes() {
    return classes;
  }

  PageClass kind(KvState state) {
    return classOfState[state.index()];
  }

  PagePool pool(PageClass kind) {
    return pools[kind.index()];
  }

  /** The cells of a state. */
  public long cells(KvState state) {
    return keys[state.index()].dim(1);
  }

  /** The most pages that {@code tokens} tokens of a batch can see together. */
  public int visiblePages(KvState state, int tokens) {
    int sequences = Math.min(tokens, options.sequences());
    return Math.multiplyExact(sequences, kind(state).pagesOfSequence(options));
  }

  /** Bytes of the full cache. */
  public long bytes() {
    return bytes;
  }

  /**
   * Takes a page, of those in use if none is free.
   *
   * @param needed how many the caller is about to take, for the message
   * @throws CapacityException if there is none
   */
  int take(PageClass kind, int needed) {
    PagePool pool = pool(kind);
    int page = pool.take();
    if (page < 0 && reclaimer.reclaim(kind)) {
      page = pool.take();
    }
    if (page < 0) {
      throw new CapacityException(
          "pages of " + PageTable.PAGE + " positions", needed, pool.free(), pool.pages());
    }
    return page;
  }

  /** Takes a page to write to instead of a shared one: that one, if its other users gave it up. */
  int takeInstead(PageClass kind, int page) {
    PagePool pool = pool(kind);
    while (pool.free() == 0 && pool.isShared(page)) {
      if (!reclaimer.reclaim(kind)) {
        break;
      }
    }
    return pool.isShared(page) ? take(kind, 1) : page;
  }

  /** What is in the pages of a class. */
  PageContents contents(PageClass kind) {
    return contents[kind.index()];
  }

  private PageContents contentsOf(PageClass kind) {
    List<Tensor> all = new ArrayList<>();
    for (int i = 0; i < keys.length; i++) {
      if (classOfState[i].equals(kind)) {
        all.add(keys[i]);
        if (values[i] != null) {
          all.add(values[i]);
        }
      }
    }
    return new PageContents(all);
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
    memory.close();
  }
}
