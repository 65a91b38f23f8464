package dev.myelin.generate;

import dev.myelin.cache.CacheType;
import dev.myelin.error.InvalidRequestException;
import dev.myelin.graph.Threads;

/**
 * How a session computes.
 *
 * @param contextLength most positions it holds; 0 means the model's own, but at most {@value
 *     #DEFAULT_CONTEXT}
 * @param batch most tokens of a prompt computed together
 * @param threads threads that compute, 0 to 512; 0 means one a physical core. More than this
 *     process has cores are not started, see {@link dev.myelin.graph.Threads}
 * @param forceThreads whether they are started all the same, for measurements
 * @param cacheType what keys and values are kept in
 */
public record SessionOptions(
    int contextLength, int batch, int threads, boolean forceThreads, CacheType cacheType) {
  public static final int DEFAULT_CONTEXT = 4096;
  public static final int DEFAULT_BATCH = 512;
  private static final int MAX_BATCH = 1 << 16;

  public SessionOptions {
    if (contextLength < 0) {
      throw new InvalidRequestException("context = " + contextLength + ": expected 0 or more");
    }
    if (batch < 1 || batch > MAX_BATCH) {
      throw new InvalidRequestException("batch = " + batch + ": expected 1 to " + MAX_BATCH);
    }
    Threads.check(threads, 0);
  }

  /** With no more threads than cores. */
  public SessionOptions(int contextLength, int batch, int threads, CacheType cacheType) {
    this(contextLength, batch, threads, false, cacheType);
  }

  public static SessionOptions defaults() {
    return new SessionOptions(0, DEFAULT_BATCH, 0, CacheType.F16);
  }

  public SessionOptions withContextLength(int value) {
    return new SessionOptions(value, batch, threads, forceThreads, cacheType);
  }

  public SessionOptions withBatch(int value) {
    return new SessionOptions(contextLength, value, threads, forceThreads, cacheType);
  }

  public SessionOptions withThreads(int value) {
    return new SessionOptions(contextLength, batch, value, forceThreads, cacheType);
  }

  public SessionOptions withForceThreads(boolean value) {
    return new SessionOptions(contextLength, batch, threads, value, cacheType);
  }

  public SessionOptions withCacheType(CacheType value) {
    return new SessionOptions(contextLength, batch, threads, forceThreads, value);
  }
}
