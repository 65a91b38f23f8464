package dev.myelin.bench;

/**
 * The most that a number of threads do per second; 0 for what is not measured. Immutable and
 * thread-safe.
 *
 * @param bandwidth bytes read from memory in order
 * @param int8Ops int8 operations; a multiply-add is two
 * @param f32Ops f32 operations; a multiply-add is two
 */
public record MachineLimits(double bandwidth, double int8Ops, double f32Ops) {
  /** The higher of each. */
  public MachineLimits max(MachineLimits other) {
    return new MachineLimits(
        Math.max(bandwidth, other.bandwidth),
        Math.max(int8Ops, other.int8Ops),
        Math.max(f32Ops, other.f32Ops));
  }
}
