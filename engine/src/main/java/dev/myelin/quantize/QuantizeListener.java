package dev.myelin.quantize;

/** Receives the progress of a conversion, in the thread that started it. */
public interface QuantizeListener {
  /** Ignores all events. */
  QuantizeListener NONE = new QuantizeListener() {};

  /**
   * Called before a tensor is converted.
   *
   * @param index from 0
   */
  default void tensor(PlannedTensor tensor, int index) {}

  /** Called when {@code done} of {@code total} parameters are converted. */
  default void progress(long done, long total) {}
}
