package dev.myelin.state;

import dev.myelin.gguf.GgmlType;
import dev.myelin.graph.GraphBuilder;
import dev.myelin.graph.Tensor;
import dev.myelin.graph.TensorBuffer;
import dev.myelin.graph.TensorContext;
import java.util.List;

/**
 * The recurrent states of one sequence: a matrix [elements, slots] per state. A pass reads one slot
 * and writes another, so that a pass that fails leaves the state as it was. The last slot stays
 * zero: the state before the first token. Confined to one thread at a time.
 */
final class RecurrentCache implements AutoCloseable {
  private static final int SLOTS = 3;
  private static final int ZEROS = 2;

  private final TensorContext context;
  private final TensorBuffer buffer;
  private final Tensor[] states;
  private final boolean isEmpty;
  private final long bytes;
  private int slot;
  private int position;

  RecurrentCache(List<RecurrentState> declared) {
    isEmpty = declared.isEmpty();
    long sum = 0;
    for (RecurrentState state : declared) {
      sum += TensorBuffer.roundUp(SLOTS * state.bytes());
    }
    bytes = sum;
    context = new TensorContext(Math.max(1, declared.size()));
    TensorBuffer memory = null;
    states = new Tensor[declared.size()];
    try {
      memory = TensorBuffer.allocateZeroed(Math.max(1, bytes));
      for (int i = 0; i < states.length; i++) {
        long elements = declared.get(i).elements();
        states[i] = context.tensor("state_" + i, GgmlType.F32, elements, SLOTS);
        memory.append(states[i]);
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

  /** Bytes of all slots. */
  long bytes() {
    return bytes;
  }

  /** Whether the state is the one after the tokens before {@code at}. */
  boolean canContinueAt(int at) {
    return isEmpty || at == 0 || at == position;
  }

  /** The slot that a pass from {@code at} on reads. */
  int readSlot(int at) {
    return at == 0 ? ZEROS : slot;
  }

  /** The slot that it writes. */
  int writeSlot() {
    return 1 - slot;
  }

  /** Makes what the pass has written the current state. */
  void commit(int end) {
    slot = writeSlot();
    position = end;
  }

  /** The state of a slot i32 [1]: [elements, 1]. */
  Tensor read(GraphBuilder g, RecurrentState state, Tensor slot) {
    return g.getRows(slots(g, state), slot);
  }

  /** All slots of a state: [elements, slots]. */
  Tensor slots(GraphBuilder g, RecurrentState state) {
    return g.read(states[state.index()]);
  }

  /** Writes a state [elements, 1] to a slot i64 [1]. */
  Tensor write(GraphBuilder g, RecurrentState state, Tensor value, Tensor slot) {
    return g.setRows(slots(g, state), value, slot);
  }

  @Override
  public void close() {
    context.close();
    buffer.close();
  }
}
