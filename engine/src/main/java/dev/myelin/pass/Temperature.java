package dev.myelin.pass;

/**
 * A factor of queries that grows with the logarithm of the position, so that attention to long
 * contexts stays sharp (Nakanishi 2025; Llama 4). Immutable and thread-safe.
 *
 * @param scale of the logarithm
 * @param length positions from one step to the next, 1 or more
 * @param offset added to positions
 */
public record Temperature(float scale, int length, float offset) {
  /** The factor at a position, from 0. */
  public float at(int position) {
    float step = (float) Math.floor((position + offset) / length);
    return (float) (Math.log(step + 1.0) * scale + 1.0);
  }
}
