package dev.myelin.state;

import dev.myelin.graph.GraphBuilder;
import dev.myelin.graph.Tensor;
import dev.myelin.state.KvState.Scope;

/**
 * The memory of one sequence: its keys and values, and its recurrent states. A pass is announced by
 * {@link #begin} and, if it succeeds, ended by {@link #commit}. Confined to one thread at a time.
 */
public final class SequenceStates implements AutoCloseable {
  private final KvCache kv;
  private final RecurrentCache recurrent;
  private int encoderLength;

  /**
   * @throws dev.myelin.error.InvalidRequestException if a size is not a multiple of a cache type's
   *     block size, or the states exceed the address space
   */
  public SequenceStates(ModelStates states, StateOptions options) {
    kv = new KvCache(states.kv(), options);
    try {
      recurrent = new RecurrentCache(states.recurrent());
    } catch (RuntimeException e) {
      kv.close();
      throw e;
    }
  }

  public KvCache kv() {
    return kv;
  }

  /** Bytes of the keys and values, and of the recurrent states. */
  public long bytes() {
    return kv.bytes() + recurrent.bytes();
  }

  /**
   * Whether a token at {@code position} can be computed from what is stored; if not, the sequence
   * is computed again from its beginning. A window drops old positions, and a recurrent state is of
   * one position only.
   */
  public boolean canContinueAt(int position) {
    return kv.canContinueAt(position) && recurrent.canContinueAt(position);
  }

  /** Announces a pass over positions [position, end). */
  public void begin(int position, int end) {
    if (position == 0) {
      kv.clear(Scope.SEQUENCE);
    }
    kv.write(Scope.SEQUENCE, end);
    kv.clear(Scope.PASS);
    kv.write(Scope.PASS, end - position);
  }

  /** Announces a pass of the encoder over all its positions. */
  public void beginEncoder(int length) {
    encoderLength = 0;
    kv.clear(Scope.ENCODER);
    kv.write(Scope.ENCODER, length);
    kv.clear(Scope.PASS);
    kv.write(Scope.PASS, length);
  }

  /** Ends a pass that succeeded. */
  public void commit(int end) {
    recurrent.commit(end);
  }

  /** Ends a pass of the encoder that succeeded. */
  public void commitEncoder(int length) {
    encoderLength = length;
  }

  /** Positions of the encoder; 0 if it has not run. */
  public int encoderLength() {
    return encoderLength;
  }

  /** The slot that a pass from {@code position} on reads. */
  public int readSlot(int position) {
    return recurrent.readSlot(position);
  }

  /** The slot that it writes. */
  public int writeSlot() {
    return recurrent.writeSlot();
  }

  /** The state of a slot i32 [1]: [elements, 1]. */
  public Tensor read(GraphBuilder g, RecurrentState state, Tensor slot) {
    return recurrent.read(g, state, slot);
  }

  /** All slots of a state: [elements, slots]. */
  public Tensor slots(GraphBuilder g, RecurrentState state) {
    return recurrent.slots(g, state);
  }

  /** Adds a node that writes a state [elements, 1] to a slot i64 [1]. */
  public Tensor write(GraphBuilder g, RecurrentState state, Tensor value, Tensor slot) {
    return recurrent.write(g, state, value, slot);
  }

  @Override
  public void close() {
    kv.close();
    recurrent.close();
  }
}
