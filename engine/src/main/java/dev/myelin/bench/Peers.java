package dev.myelin.bench;

import dev.myelin.error.InvalidRequestException;
import dev.myelin.generate.SessionOptions;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.BiFunction;

/** Other engines to measure beside; one more is a class and a line here. */
public final class Peers {
  private static final Map<String, BiFunction<Path, SessionOptions, BenchEngine>> ALL =
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

  static BenchEngine open(String name, Path file, SessionOptions options) {
    require(name);
    return ALL.get(name).apply(file, options);
  }
}
