package dev.myelin.bench;

import dev.myelin.adapter.Adapter;
import dev.myelin.generate.SessionOptions;
import java.nio.file.Path;
import java.util.List;

/** Another engine to measure beside Myelin. Immutable and thread-safe. */
public sealed interface BenchPeer {
  /** For messages. */
  String name();

  /** An engine that is a library in this process. */
  record InProcess(String name, Loader<BenchEngine> loader) implements BenchPeer {}

  /** An engine that is a program, with processes of its own. */
  record Program(String name, Loader<BenchRunner> loader) implements BenchPeer {}

  /** Loads a model with its adapters, or checks that the program can. */
  @FunctionalInterface
  interface Loader<T> {
    /**
     * @param options threads, batch, cache type and context length, each with its value in use
     */
    T load(Path file, List<Adapter> adapters, SessionOptions options);
  }
}
