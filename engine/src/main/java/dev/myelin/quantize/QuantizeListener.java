package dev.myelin.quantize;

/** Told how far a conversion is; by the thread that started it. */
public interface QuantizeListener {
  /** Listens to nothing. */
  QuantizeListener NONE = new QuantizeListener() {};

  /**
   * A tensor is begun.
   *
   * @param index from 0
   */
  default void tensor(PlannedTensor tensor, int index) {}

  /** So many of all parameters are done. */
  default void progress(long done, long total) {}
}
