package dev.myelin.generate;

import dev.myelin.error.CancelledException;
import dev.myelin.pass.Output;
import dev.myelin.runtime.ModelRuntime;
import dev.myelin.runtime.Sequence;
import dev.myelin.snapshot.PromptCache;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * Computes the tokens that a session appends to its sequence, except those whose states the prompt
 * cache has. Confined to the thread that uses the session.
 */
final class ForwardPasses {
  private final ModelRuntime runtime;
  private final Sequence sequence;
  private final RunSlot runs;
  private @Nullable PromptCache promptCache;
  private int loadedTokens;

  ForwardPasses(ModelRuntime runtime, Sequence sequence, RunSlot runs) {
    this.runtime = runtime;
    this.sequence = sequence;
    this.runs = runs;
    promptCache = runtime.options().promptCache();
  }

  /**
   * Appends tokens that were checked.
   *
   * @param outputs how many of the last have outputs: 1, or any number if they are one batch
   * @return f32 [outputs][width of the output], valid until the session is used again
   */
  MemorySegment compute(int[] tokens, int outputs, Output output) {
    return compute(tokens, 0, tokens.length, outputs, output);
  }

  /** The same, a batch at a time; passes the output of every position to the sink. */
  void computeEach(int[] tokens, Output output, LogitsSink sink) {
    int batch = runtime.options().batch();
    for (int from = 0; from < tokens.length; from += batch) {
      int count = Math.min(batch, tokens.length - from);
      int first = sequence.position();
      MemorySegment outputs = compute(tokens, from, count, count, output);
      long row = outputs.byteSize() / count;
      for (int i = 0; i < count; i++) {
        sink.accept(first + i, outputs.asSlice(i * row, row).asReadOnly());
      }
    }
  }

  private MemorySegment compute(int[] tokens, int from, int count, int outputs, Output output) {
    runtime.model().info().requireOutput(output);
    requireNotInterrupted();
    loadedTokens = 0;
    PromptCache cache = promptCache;
    boolean isPrompt = count > 1 && outputs == 1 && output.equals(Output.LOGITS);
    return cache == null || !isPrompt
        ? sequence.compute(tokens, from, count, outputs, output)
        : computePrompt(cache, tokens, from, count);
  }

  private MemorySegment computePrompt(PromptCache cache, int[] tokens, int from, int count) {
    loadedTokens = sequence.load(cache, tokens, from, count);
    int left = count - loadedTokens;
    MemorySegment logits = sequence.compute(tokens, from + loadedTokens, left, 1, Output.LOGITS);
    sequence.store(cache);
    return logits;
  }

  /**
   * An interrupt ends the text that this thread generates.
   *
   * @throws CancelledException if there was one
   */
  void requireNotInterrupted() {
    if (Thread.currentThread().isInterrupted() && runs.isOwner()) {
      throw new CancelledException("interrupted at position " + sequence.position());
    }
  }

  void usePromptCache(PromptCache cache) {
    promptCache = cache;
  }

  /** How many tokens the last call took from the prompt cache. */
  int loadedTokens() {
    return loadedTokens;
  }
}
