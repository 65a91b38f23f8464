package dev.myelin.bench;

/**
 * What an engine needs for a test besides time; null for what is not measured.
 *
 * @param firstTokenNanos time to the first token, {@link ColdRun#firstTokenNanos}
 * @param peakBytes peak resident memory, {@link ColdRun#peakBytes}
 * @param joulesPerToken energy of the processor and its memory in the timed parts, per token
 */
public record Resources(Long firstTokenNanos, Long peakBytes, Double joulesPerToken) {
  public static final Resources NONE = new Resources(null, null, null);
}
