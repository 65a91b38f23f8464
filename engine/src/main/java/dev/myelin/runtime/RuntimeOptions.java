package dev.myelin.runtime;

import dev.myelin.error.InvalidRequestException;
import dev.myelin.graph.Threads;
import dev.myelin.model.ModelInfo;
import dev.myelin.snapshot.PromptCache;
import dev.myelin.state.CacheType;
import dev.myelin.state.PageTable;
import dev.myelin.state.StateOptions;
import org.jspecify.annotations.Nullable;

/**
 * How a runtime computes. Immutable and thread-safe.
 *
 * @param contextLength maximum number of positions of a sequence; 0 means that of the model, but at
 *     most {@value #DEFAULT_CONTEXT}
 * @param batch maximum number of tokens computed together
 * @param threads number of compute threads, 0 to 512; 0 means one per physical core. Limited to the
 *     cores of this process, see {@link dev.myelin.graph.Threads}
 * @param forceThreads whether to start more threads than cores, for measurements
 * @param keyType data type of the keys in the KV cache
 * @param valueType data type of the values in the KV cache
 * @param sequences maximum number of sequences that are open at the same time
 * @param cacheTokens positions that all sequences together can hold, rounded up to pages of 64; 0
 *     for {@code sequences} times the context
 * @param keepsPrefixes whether computed pages are kept for later sequences with the same beginning
 * @param snapshotBytes memory for recurrent states of earlier positions, from which a sequence
 *     continues after a rewind, or a later one with the same beginning; 0 keeps none
 * @param stepMillis how long a step may take, in about, while a sequence waits for its next token:
 *     prompts are cut accordingly
 * @param promptCache where the prompts of all sequences are looked up and kept; null for none
 */
public record RuntimeOptions(
    int contextLength,
    int batch,
    int threads,
    boolean forceThreads,
    CacheType keyType,
    CacheType valueType,
    int sequences,
    int cacheTokens,
    boolean keepsPrefixes,
    long snapshotBytes,
    int stepMillis,
    @Nullable PromptCache promptCache) {
  public static final int DEFAULT_CONTEXT = 4096;
  public static final int DEFAULT_BATCH = 512;
  public static final int DEFAULT_SEQUENCES = 8;
  public static final int DEFAULT_STEP_MILLIS = 200;

  /** 1 GiB. */
  public static final long DEFAULT_SNAPSHOT_BYTES = 1L << 30;

  public static final int MAX_BATCH = 1 << 16;
  public static final int MAX_SEQUENCES = 1024;

  public RuntimeOptions {
    check("context", contextLength, 0, Integer.MAX_VALUE);
    check("batch", batch, 1, MAX_BATCH);
    check("sequences", sequences, 1, MAX_SEQUENCES);
    check("cache tokens", cacheTokens, 0, Integer.MAX_VALUE);
    if (snapshotBytes < 0) {
      throw new InvalidRequestException(
          "snapshots of " + snapshotBytes + " bytes: expected 0 or more");
    }
    check("step", stepMillis, 1, 60_000);
    Threads.check(threads, 0);
  }

  private static void check(String name, int value, int min, int max) {
    if (value < min || value > max) {
      String range = max == Integer.MAX_VALUE ? min + " or more" : min + " to " + max;
      throw new InvalidRequestException(name + " = " + value + ": expected " + range);
    }
  }

  /** {@value #DEFAULT_SEQUENCES} sequences that share prefixes. */
  public static RuntimeOptions defaults() {
    return new RuntimeOptions(
        0,
        DEFAULT_BATCH,
        0,
        false,
        CacheType.F16,
        CacheType.F16,
        DEFAULT_SEQUENCES,
        0,
        true,
        DEFAULT_SNAPSHOT_BYTES,
        DEFAULT_STEP_MILLIS,
        null);
  }

  public RuntimeOptions withContextLength(int value) {
    Fields fields = new Fields(this);
    fields.contextLength = value;
    return fields.options();
  }

  public RuntimeOptions withBatch(int value) {
    Fields fields = new Fields(this);
    fields.batch = value;
    return fields.options();
  }

  public RuntimeOptions withThreads(int value) {
    Fields fields = new Fields(this);
    fields.threads = value;
    return fields.options();
  }

  public RuntimeOptions withForceThreads(boolean value) {
    Fields fields = new Fields(this);
    fields.forceThreads = value;
    return fields.options();
  }

  public RuntimeOptions withCacheTypes(CacheType keys, CacheType values) {
    Fields fields = new Fields(this);
    fields.keyType = keys;
    fields.valueType = values;
    return fields.options();
  }

  public RuntimeOptions withSequences(int value) {
    Fields fields = new Fields(this);
    fields.sequences = value;
    return fields.options();
  }

  public RuntimeOptions withCacheTokens(int value) {
    Fields fields = new Fields(this);
    fields.cacheTokens = value;
    return fields.options();
  }

  public RuntimeOptions withKeepsPrefixes(boolean value) {
    Fields fields = new Fields(this);
    fields.keepsPrefixes = value;
    return fields.options();
  }

  public RuntimeOptions withSnapshotBytes(long value) {
    Fields fields = new Fields(this);
    fields.snapshotBytes = value;
    return fields.options();
  }

  public RuntimeOptions withStepMillis(int value) {
    Fields fields = new Fields(this);
    fields.stepMillis = value;
    return fields.options();
  }

  /** Prompts of all sequences are looked up in a cache, and added to it. */
  public RuntimeOptions withPromptCache(PromptCache value) {
    Fields fields = new Fields(this);
    fields.promptCache = value;
    return fields.options();
  }

  /** The context length for a model: never 0. */
  public int contextLength(ModelInfo info) {
    return contextLength == 0 ? Math.min(info.contextLength(), DEFAULT_CONTEXT) : contextLength;
  }

  /** The size of the states; the context length must be resolved. */
  public StateOptions stateOptions() {
    int pages = Math.ceilDiv(cacheTokens, PageTable.PAGE);
    return new StateOptions(
        contextLength, batch, sequences, pages, snapshotBytes, keyType, valueType);
  }

  /** A copy that can be changed. */
  private static final class Fields {
    private int contextLength;
    private int batch;
    private int threads;
    private boolean forceThreads;
    private CacheType keyType;
    private CacheType valueType;
    private int sequences;
    private int cacheTokens;
    private boolean keepsPrefixes;
    private long snapshotBytes;
    private int stepMillis;
    private @Nullable PromptCache promptCache;

    Fields(RuntimeOptions o) {
      contextLength = o.contextLength;
      batch = o.batch;
      threads = o.threads;
      forceThreads = o.forceThreads;
      keyType = o.keyType;
      valueType = o.valueType;
      sequences = o.sequences;
      cacheTokens = o.cacheTokens;
      keepsPrefixes = o.keepsPrefixes;
      snapshotBytes = o.snapshotBytes;
      stepMillis = o.stepMillis;
      promptCache = o.promptCache;
    }

    RuntimeOptions options() {
      return new RuntimeOptions(
          contextLength,
          batch,
          threads,
          forceThreads,
          keyType,
          valueType,
          sequences,
          cacheTokens,
          keepsPrefixes,
          snapshotBytes,
          stepMillis,
          promptCache);
    }
  }
}
