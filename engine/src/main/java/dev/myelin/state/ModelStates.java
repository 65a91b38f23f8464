package dev.myelin.state;

import java.util.List;

/**
 * What a model stores of a sequence. Immutable and thread-safe.
 *
 * @param kv in the order of their numbers
 * @param recurrent in the order of their numbers
 */
public record ModelStates(List<KvState> kv, List<RecurrentState> recurrent) {
  public ModelStates {
    kv = List.copyOf(kv);
    recurrent = List.copyOf(recurrent);
  }

  /** Bytes of one set of the recurrent states. */
  public long recurrentBytes() {
    long bytes = 0;
    for (RecurrentState state : recurrent) {
      bytes += state.bytes();
    }
    return bytes;
  }

  /** Whether a state of this scope exists. */
  public boolean has(KvState.Scope scope) {
    for (KvState state : kv) {
      if (state.scope() == scope) {
        return true;
      }
    }
    return false;
  }
}
