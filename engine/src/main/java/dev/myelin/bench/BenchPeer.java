package dev.myelin.bench;

import dev.myelin.adapter.Adapter;
import dev.myelin.generate.SessionOptions;
import java.nio.file.Path;
import java.util.List;

/**
 * Another engine to measure beside Myelin.
 *
 * @param name for messages
 */
public record BenchPeer(String name, Loader loader) {
  /** Loads a model with its adapters. */
  @FunctionalInterface
  public interface Loader {
    /**
     * @param options threads, batch, cache type and context length, each with its value in use
     */
    BenchEngine load(Path file, List<Adapter> adapters, SessionOptions options);
  }
}
