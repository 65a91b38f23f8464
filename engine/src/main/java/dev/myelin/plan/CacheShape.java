package dev.myelin.plan;

import dev.myelin.error.InvalidRequestException;
import dev.myelin.state.CacheType;
import dev.myelin.state.KvState;
import java.util.ArrayList;
import java.util.List;

/**
 * The shape of what a model stores of a sequence. Immutable and thread-safe.
 *
 * @param layers the keys and values of each position
 * @param recurrentBytes bytes of the recurrent states, which do not grow
 */
record CacheShape(List<CachedLayer> layers, long recurrentBytes) {
  /**
   * Keys and values of a layer, or of several that are alike.
   *
   * @param keySize values per key head
   * @param valueSize values per value head
   * @param values values per position, keys and values together
   * @param window maximum number of positions; 0 for all
   */
  record CachedLayer(int keySize, int valueSize, long values, int window) {
    static CachedLayer of(KvState state) {
      return new CachedLayer(
          state.keySize(), state.valueSize(), state.width(), state.window().size());
    }

    /** Bytes for so many positions. */
    private long bytes(CacheType type, long positions) {
      int block = type.type().blockSize();
      for (int size : new int[] {keySize, valueSize}) {
        if (size % block != 0 || values % block != 0) {
          throw new InvalidRequestException(
              "cache type %s: expected a head size that is a multiple of %s, the model's is %s"
                  .formatted(type.type().ggmlName(), block, size));
        }
      }
      long cells = window == 0 ? positions : Math.min(positions, window);
      return cells * type.type().bytes(values);
    }
  }

  /** The cache of states that last as long as the sequence. */
  static CacheShape of(List<KvState> states, long recurrentBytes) {
    List<CachedLayer> layers = new ArrayList<>();
    for (KvState state : states) {
      if (state.scope() == KvState.Scope.SEQUENCE) {
        layers.add(CachedLayer.of(state));
      }
    }
    return new CacheShape(List.copyOf(layers), recurrentBytes);
  }

  /**
   * Bytes for {@code positions} positions.
   *
   * @throws InvalidRequestException if a head size is not a multiple of the type's block size
   */
  long bytes(CacheType type, long positions) {
    long bytes = recurrentBytes;
    for (CachedLayer layer : layers) {
      bytes += layer.bytes(type, positions);
    }
    return bytes;
  }
}
