package dev.myelin.state;

import dev.myelin.error.InvalidRequestException;
import dev.myelin.graph.GraphBuilder;
import dev.myelin.graph.Tensor;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The memory of a model's sequences: pages of keys and values, and recurrent states. Sequences
 * share pages that hold the same tokens. Confined to one thread at a time.
 */
public final class StatePool implements AutoCloseable {
  private final StateOptions options;
  private final KvCache kv;
  private final RecurrentPool recurrent;
  private final StateSnapshots snapshots;
  private final @Nullable PrefixCache prefixes;
  private final boolean isOnePass;
  private final List<SequenceStates> open = new ArrayList<>();

  /**
   * @param keepsPrefixes whether full pages stay for later sequences with the same tokens
   * @throws InvalidRequestException if a size is not a multiple of a cache type's block size, or
   *     the states exceed the address space
   */
  public StatePool(ModelStates states, StateOptions options, boolean keepsPrefixes) {
    this.options = options;
    isOnePass = states.isOnePass();
    kv = new KvCache(states.kv(), options, this::reclaim);
    try {
      int most = options.snapshots(states.recurrentBytes());
      // a sequence reads one slot and writes another
      recurrent = new RecurrentPool(states.recurrent(), 2 * options.sequences() + most);
      snapshots = new StateSnapshots(recurrent, most);
    } catch (RuntimeException e) {
      kv.close();
      throw e;
    }
    prefixes = keepsPrefixes ? new PrefixCache(kv, snapshots, isRecurrent()) : null;
  }

  /** Whether sequences are computed in one pass: nothing is kept of them. */
  public boolean isOnePass() {
    return isOnePass;
  }

  public StateOptions options() {
    return options;
  }

  public KvCache kv() {
    return kv;
  }

  RecurrentPool recurrent() {
    return recurrent;
  }

  StateSnapshots snapshots() {
    return snapshots;
  }

  @Nullable PrefixCache prefixes() {
    return prefixes;
  }

  /** Whether the model has recurrent states. */
  public boolean isRecurrent() {
    return !recurrent.isEmpty();
  }

  /** Bytes of the keys and values, and of the recurrent states. */
  public long bytes() {
    return kv.bytes() + recurrent.bytes();
  }

  /**
   * Starts an empty sequence.
   *
   * @param adapterScales of the model's adapters, by their numbers
   */
  public SequenceStates open(List<Float> adapterScales) {
    SequenceStates states = new SequenceStates(this, adapterScales);
    open.add(states);
    return states;
  }

  void closed(SequenceStates states) {
    open.remove(states);
  }

  /** Frees pages that no token will see, or those of prefixes. */
  private boolean reclaim(PageClass kind) {
    PagePool pool = kv.pool(kind);
    for (SequenceStates states : open) {
      states.dropUnseen(kind);
    }
    return pool.free() > 0 || (prefixes != null && prefixes.reclaim(kind));
  }

  /**
   * Takes a slot of recurrent states, that of a snapshot if none is free.
   *
   * @throws dev.myelin.error.CapacityException if sequences use all of them
   */
  int takeSlot() {
    int slot = recurrent.take();
    if (slot < 0 && snapshots.reclaimSlot()) {
      slot = recurrent.take();
    }
    if (slot < 0) {
      throw recurrent.noSlot();
    }
    return slot;
  }

  /** The sizes of what {@link StateBlock} copies. */
  public StateLayout layout() {
    List<Long> pageBytes = new ArrayList<>();
    for (PageClass kind : kv.classes()) {
      pageBytes.add(kv.contents(kind).bytes());
    }
    return new StateLayout(pageBytes, recurrent.slotBytes());
  }

  /** Number of pages of 64 tokens that are kept for later sequences. */
  public int prefixPages() {
    return prefixes == null ? 0 : prefixes.size();
  }

  /** Number of recurrent states that are kept for rewinds and later sequences. */
  public int stateSnapshots() {
    return snapshots.size();
  }

  /** Pages of 64 positions in use, of the class of states that has most. */
  public int usedPages() {
    int used = 0;
    for (PageClass kind : kv.classes()) {
      PagePool pool = kv.pool(kind);
      used = Math.max(used, pool.pages() - pool.free());
    }
    return used;
  }

  /** All slots of a recurrent state: [elements, slots]. */
  public Tensor slots(GraphBuilder g, RecurrentState state) {
    return recurrent.slots(g, state);
  }

  /** The states of slots i32 [sequences]: [elements, sequences]. */
  public Tensor read(GraphBuilder g, RecurrentState state, Tensor slots) {
    return g.getRows(slots(g, state), slots);
  }

  /** Adds a node that writes states [elements, sequences] to slots i64 [sequences]. */
  public Tensor write(GraphBuilder g, RecurrentState state, Tensor value, Tensor slots) {
    return g.setRows(slots(g, state), value, slots);
  }

  @Override
  public void close() {
    kv.close();
    recurrent.close();
  }
}
