package dev.myelin.generate;

import dev.myelin.cache.CacheType;
import dev.myelin.error.InvalidRequestException;

/**
 * How a session computes.
 *
 * @param contextLength most positions it holds; 0 means the model's own, but at most {@value
 *     #DEFAULT_CONTEXT}
 * @param batch most tokens of a prompt computed together
 * @param threads threads that compute; 0 means one a physical core
 * @param cacheType what keys and values are kept in
 */
public record SessionOptions(int contextLength, int batch, int threads, CacheType cacheType) {
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
    if (threads < 0) {
      throw new InvalidRequestException("threads = " + threads + ": expected 0 or more");
    }
  }

  public static SessionOptions defaults() {
    return new SessionOptions(0, DEFAULT_BATCH, 0, CacheType.F16);
  }

  public SessionOptions withContextLength(int value) {
    return new SessionOptions(value, batch, threads, cacheType);
  }

  public SessionOptions withBatch(int value) {
    return new SessionOptions(contextLength, value, threads, cacheType);
  }

  public SessionOptions withThreads(int value) {
    return new SessionOptions(contextLength, batch, value, cacheType);
  }

  public SessionOptions withCacheType(CacheType value) {
    return new SessionOptions(contextLength, batch, threads, value);
  }
}
