package dev.myelin.generate;

import java.lang.foreign.MemorySegment;

/** Takes the logits of one position after the other. */
@FunctionalInterface
public interface LogitsSink {
  /**
   * @param position where in the session
   * @param logits f32 [vocabulary], valid during this call only
   */
  void accept(int position, MemorySegment logits);
}
