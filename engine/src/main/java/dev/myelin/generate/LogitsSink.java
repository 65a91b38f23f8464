package dev.myelin.generate;

import java.lang.foreign.MemorySegment;

/** Receives the logits of each position in order. Called in the thread that uses the session. */
@FunctionalInterface
public interface LogitsSink {
  /**
   * @param position in the session
   * @param logits f32 [vocabulary], valid during this call only
   */
  void accept(int position, MemorySegment logits);
}
