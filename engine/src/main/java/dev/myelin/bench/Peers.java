package dev.myelin.bench;

import dev.myelin.adapter.Adapter;
import dev.myelin.error.InvalidRequestException;
import dev.myelin.generate.SessionOptions;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** Other engines to measure beside; one more is a class and a line here. */
public final class Peers {
  /** Loads a model with its adapters. */
  @FunctionalInterface
  private interface Opener {
    BenchEngine open(Path file, List<Adapter> adapters, SessionOptions options);
  }

  private static final Map<String, Opener> ALL =
      new TreeMap<>(Map.of(LlamaCppEngine.NAME, LlamaCppEngine::new));

  private Peers() {}

  /** The names that {@link BenchPlan} knows. */
  public static Set<String> names() {
    return ALL.keySet();
  }

  static void require(String name) {
    if (!ALL.containsKey(name)) {
      throw new InvalidRequestException(
          "peer " + name + ": known are " + String.join(", ", names()));
    }
  }

  static BenchEngine open(String name, Path file, List<Adapter> adapters, SessionOptions options) {
    require(name);
    return ALL.get(name).open(file, adapters, options);
  }
}
