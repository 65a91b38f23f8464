package dev.myelin.generate;

import dev.myelin.error.InvalidRequestException;
import dev.myelin.graph.Threads;
import dev.myelin.model.ModelInfo;
import dev.myelin.runtime.RuntimeOptions;
import dev.myelin.state.CacheType;
import dev.myelin.state.PageTable;
import dev.myelin.state.StateOptions;

/**
 * How a session computes. Immutable and thread-safe.
 *
 * @param contextLength maximum number of positions; 0 means that of the model, but at most {@value
 *     #DEFAULT_CONTEXT}
 * @param batch maximum number of prompt tokens computed together
 * @param threads number of compute threads, 0 to 512; 0 means one per physical core. Limited to the
 *     cores of this process, see {@link dev.myelin.graph.Threads}
 * @param forceThreads whether to start more threads than cores, for measurements
 * @param cacheType data type of the keys in the KV cache
 * @param valueCacheType data type of the values in the KV cache
 * @param snapshotBytes memory for recurrent states of earlier positions, from which the session
 *     continues after a rewind; 0 keeps none
 */
public record SessionOptions(
    int contextLength,
    int batch,
    int threads,
    boolean forceThreads,
    CacheType cacheType,
    CacheType valueCacheType,
    long snapshotBytes) {
  public static final int DEFAULT_CONTEXT = RuntimeOptions.DEFAULT_CONTEXT;
  public static final int DEFAULT_BATCH = RuntimeOptions.DEFAULT_BATCH;
  public static final int MAX_BATCH = RuntimeOptions.MAX_BATCH;

  public SessionOptions {
    if (contextLength < 0) {
      throw new InvalidRequestException("context = " + contextLength + ": expected 0 or more");
    }
    if (batch < 1 || batch > MAX_BATCH) {
      throw new InvalidRequestException("batch = " + batch + ": expected 1 to " + MAX_BATCH);
    }
    if (snapshotBytes < 0) {
      throw new InvalidRequestException(
          "snapshots of " + snapshotBytes + " bytes: expected 0 or more");
    }
    Threads.check(threads, 0);
  }

  /** With the default of the snapshots. */
  public SessionOptions(
      int contextLength,
      int batch,
      int threads,
      boolean forceThreads,
      CacheType cacheType,
      CacheType valueCacheType) {
    this(
        contextLength,
        batch,
        threads,
        forceThreads,
        cacheType,
        valueCacheType,
        RuntimeOptions.DEFAULT_SNAPSHOT_BYTES);
  }

  /** With keys and values of one type. */
  public SessionOptions(
      int contextLength, int batch, int threads, boolean forceThreads, CacheType cacheType) {
    this(contextLength, batch, threads, forceThreads, cacheType, cacheType);
  }

  /** With at most one thread per core. */
  public SessionOptions(int contextLength, int batch, int threads, CacheType cacheType) {
    this(contextLength, batch, threads, false, cacheType);
  }

  public static SessionOptions defaults() {
    return new SessionOptions(0, DEFAULT_BATCH, 0, CacheType.F16);
  }

  public SessionOptions withContextLength(int value) {
    return new SessionOptions(
        value, batch, threads, forceThreads, cacheType, valueCacheType, snapshotBytes);
  }

  public SessionOptions withBatch(int value) {
    return new SessionOptions(
        contextLength, value, threads, forceThreads, cacheType, valueCacheType, snapshotBytes);
  }

  public SessionOptions withThreads(int value) {
    return new SessionOptions(
        contextLength, batch, value, forceThreads, cacheType, valueCacheType, snapshotBytes);
  }

  public SessionOptions withForceThreads(boolean value) {
    return new SessionOptions(
        contextLength, batch, threads, value, cacheType, valueCacheType, snapshotBytes);
  }

  /** Keys and values of one type. */
  public SessionOptions withCacheType(CacheType value) {
    return withCacheTypes(value, value);
  }

  /** The names of the types: one, or those of keys and values. */
  String cacheTypes() {
    String keys = cacheType.type().ggmlName();
    return cacheType == valueCacheType ? keys : keys + "/" + valueCacheType.type().ggmlName();
  }

  public SessionOptions withCacheTypes(CacheType keys, CacheType values) {
    return new SessionOptions(
        contextLength, batch, threads, forceThreads, keys, values, snapshotBytes);
  }

  public SessionOptions withSnapshotBytes(long value) {
    return new SessionOptions(
        contextLength, batch, threads, forceThreads, cacheType, valueCacheType, value);
  }

  /** The options of a runtime for one session: one sequence, and no prefixes of others. */
  public RuntimeOptions runtimeOptions() {
    return RuntimeOptions.defaults()
        .withContextLength(contextLength)
        .withBatch(batch)
        .withThreads(threads)
        .withForceThreads(forceThreads)
        .withCacheTypes(cacheType, valueCacheType)
        .withSequences(1)
        .withKeepsPrefixes(false)
        .withSnapshotBytes(snapshotBytes);
  }

  /**
   * The options of a runtime for a session and its forks: the context of one, and a batch of tokens
   * that the forks add.
   *
   * @param sequences how many sessions at most
   */
  RuntimeOptions runtimeOptions(int sequences, ModelInfo info) {
    RuntimeOptions one = runtimeOptions();
    if (sequences == 1) {
      return one;
    }
    // a fork copies the page that the context ends in, and may begin another
    long forks = batch + 2L * PageTable.PAGE * sequences;
    long positions = one.contextLength(info) + forks;
    return one.withSequences(sequences)
        .withCacheTokens((int) Math.min(positions, Integer.MAX_VALUE));
  }

  /** The options of a runtime that concern one session. */
  static SessionOptions of(RuntimeOptions o) {
    return new SessionOptions(
        o.contextLength(),
        o.batch(),
        o.threads(),
        o.forceThreads(),
        o.keyType(),
        o.valueType(),
        o.snapshotBytes());
  }

  /** The size of a sequence's states; all options must be resolved. */
  public StateOptions stateOptions() {
    return runtimeOptions().stateOptions();
  }
}
