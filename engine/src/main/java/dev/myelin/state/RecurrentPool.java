package dev.myelin.state;

import dev.myelin.error.CapacityException;
import dev.myelin.gguf.GgmlType;
import dev.myelin.graph.GraphBuilder;
import dev.myelin.graph.Tensor;
import dev.myelin.graph.TensorBuffer;
import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * The recurrent states of all sequences: a matrix [elements, slots] per state. A pass reads one
 * slot of a sequence and writes another, so that a pass that fails leaves the state as it was. The
 * last slot stays zero: the state before the first token. A slot may have several users, who only
 * read it. Confined to one thread at a time.
 */
final class RecurrentPool implements AutoCloseable {
  private final StateMemory memory;
  private final Tensor[] states;
  private final PagePool slots;
  private final int zeros;
  private final long bytes;

  /**
   * @param count of slots, besides the one of zeros
   */
  RecurrentPool(List<RecurrentState> declared, int count) {
    slots = new PagePool(declared.isEmpty() ? 0 : count);
    zeros = slots.pages();
    long sum = 0;
    for (RecurrentState state : declared) {
      sum += TensorBuffer.roundUp((zeros + 1) * state.bytes());
    }
    bytes = sum;
    states = new Tensor[declared.size()];
    memory = new StateMemory(states.length, bytes, m -> addTo(m, declared));
  }

  private void addTo(StateMemory m, List<RecurrentState> declared) {
    for (int i = 0; i < states.length; i++) {
      long elements = declared.get(i).elements();
      states[i] = m.add("state_" + i, GgmlType.F32, elements, zeros + 1);
    }
  }

  /** Whether the model has no recurrent states. */
  boolean isEmpty() {
    return states.length == 0;
  }

  /** Bytes of all slots. */
  long bytes() {
    return bytes;
  }

  /** The slot of zeros. */
  int zeros() {
    return zeros;
  }

  /** Takes a free slot, or -1. */
  int take() {
    return slots.take();
  }

  CapacityException noSlot() {
    return new CapacityException("slots of recurrent states", 1, slots.free(), slots.pages());
  }

  void retain(int slot) {
    if (slot != zeros) {
      slots.retain(slot);
    }
  }

  void release(int slot) {
    if (slot != zeros) {
      slots.release(slot);
    }
  }

  /** Number of slots in use. */
  int used() {
    return slots.pages() - slots.free();
  }

  boolean isShared(int slot) {
    return slots.isShared(slot);
  }

  /** Bytes of one slot: all states, one after the other. */
  long slotBytes() {
    long sum = 0;
    for (Tensor t : states) {
      sum += t.stride(1);
    }
    return sum;
  }

  /** Copies a slot to {@code to}. */
  void read(int slot, MemorySegment to) {
    long at = 0;
    for (Tensor t : states) {
      MemorySegment.copy(t.data(), slot * t.stride(1), to, at, t.stride(1));
      at += t.stride(1);
    }
  }

  /** Fills a slot with what {@link #read} has copied. */
  void write(int slot, MemorySegment from) {
    long at = 0;
    for (Tensor t : states) {
      MemorySegment.copy(from, at, t.data(), slot * t.stride(1), t.stride(1));
      at += t.stride(1);
    }
  }

  /** All slots of a state: [elements, slots]. */
  Tensor slots(GraphBuilder g, RecurrentState state) {
    return g.read(states[state.index()]);
  }

  @Override
  public void close() {
    memory.close();
  }
}
