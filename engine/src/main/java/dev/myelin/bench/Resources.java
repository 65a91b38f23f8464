package dev.myelin.bench;

import org.jspecify.annotations.Nullable;

/**
 * What an engine needs for a test besides time; null for what is not measured. Immutable and
 * thread-safe.
 *
 * @param firstTokenNanos time to the first token, {@link ColdRun#firstTokenNanos}
 * @param peakBytes peak resident memory, {@link ColdRun#peakBytes}
 * @param joulesPerToken energy of the processor and its memory in the timed parts, per token
 */
public record Resources(
    @Nullable Long firstTokenNanos, @Nullable Long peakBytes, @Nullable Double joulesPerToken) {
  public static final Resources NONE = new Resources(null, null, null);
}
