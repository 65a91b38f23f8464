package dev.myelin.state;

import dev.myelin.state.KvState.Scope;
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

  /** Whether a sequence is computed in one pass: nothing is kept of it. */
  public boolean isOnePass() {
    return recurrent.isEmpty() && has(Scope.PASS) && !has(Scope.SEQUENCE) && !has(Scope.ENCODER);
  }

  /** Whether a state of this scope exists. */
  public boolean has(Scope scope) {
    for (KvState state : kv) {
      if (state.scope() == scope) {
        return true;
      }
    }
    return false;
  }
}
