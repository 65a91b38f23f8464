package dev.myelin.bench;

import dev.myelin.adapter.Adapter;
import dev.myelin.generate.SessionOptions;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One run of a test in a new process. Immutable and thread-safe.
 *
 * @param firstTokenNanos from the start of the process until the logits of the prompt's last token;
 *     null for a test without a prompt
 * @param peakBytes peak resident memory of the process, with the mapped file; null if unknown
 */
public record ColdRun(@Nullable Long firstTokenNanos, @Nullable Long peakBytes) {
  /** Runs an engine of this process in a new one. */
  @FunctionalInterface
  public interface Starter {
    /**
     * @param engine {@code myelin} or the name of a peer
     */
    ColdRun run(
        String engine, Path file, List<Adapter> adapters, SessionOptions session, BenchSpec test);
  }
}
