package dev.myelin.cli.bench;

import dev.myelin.bench.BenchPeer;
import dev.myelin.error.InvalidRequestException;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** Other engines that bench can compare with. A new one is a class and a line here. */
public final class Peers {
  private static final Map<String, BenchPeer> ALL =
      new TreeMap<>(
          Map.of(LlamaCppEngine.NAME, new BenchPeer(LlamaCppEngine.NAME, LlamaCppEngine::new)));

  private Peers() {}

  public static Set<String> names() {
    return ALL.keySet();
  }

  /**
   * The peer of that name.
   *
   * @throws InvalidRequestException with the known names if there is none
   */
  public static BenchPeer of(String name) {
    BenchPeer peer = ALL.get(name);
    if (peer == null) {
      throw new InvalidRequestException(
          "peer " + name + ": known are " + String.join(", ", names()));
    }
    return peer;
  }
}
