package dev.myelin.inspect;

import dev.myelin.gguf.GgufFile;
import dev.myelin.gguf.TensorInfo;
import dev.myelin.model.ModelDescription;
import dev.myelin.state.CacheType;
import dev.myelin.state.KvState;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * The cost of one position in the KV cache, summed over all layers. Immutable and thread-safe.
 *
 * @param layers layers with a KV cache
 * @param values elements per position, keys and values together
 * @param bytes bytes per position for each cache type; without types whose block size does not
 *     divide the head size
 * @param flops floating-point operations of attention per token and earlier position
 * @param slidingWindow the sliding window of some layers, whose caches do not grow beyond it
 * @param states what the architecture stores; empty for one that Myelin does not know
 */
public record CacheCost(
    int layers,
    long values,
    Map<CacheType, Long> bytes,
    long flops,
    OptionalInt slidingWindow,
    List<KvState> states) {

  /**
   * Bytes of the cache of a sequence: windows limit the states of their layers, if the architecture
   * is known.
   *
   * @param type one of those in {@link #bytes}
   */
  public long totalBytes(CacheType type, long positions) {
    if (states.isEmpty()) {
      return positions * bytes.getOrDefault(type, 0L);
    }
    long total = 0;
    for (KvState state : states) {
      long held = state.window().isPresent() ? state.window().size() : positions;
      total += Math.min(held, positions) * type.type().bytes(state.width());
    }
    return total;
  }

  /** The cost of one position in one layer. */
  private record Layer(long keys, long values, long flops) {}

  private record LayerReader(GgufFile file, LenientMetadata keys, ModelShape shape) {
    private boolean has(int layer, String name) {
      return matrix(layer, name).isPresent();
    }

    private Optional<TensorInfo> matrix(int layer, String name) {
      return file.tensor("blk." + layer + "." + name + ".weight");
    }

    /** The cost in one layer; empty without attention. */
    Optional<Layer> layer(int i) {
      int heads = keys.dimension("attention.head_count", i).orElse(0);
      int kvHeads = keys.dimension("attention.head_count_kv", i).orElse(heads);
      int keyLength = shape.heads().size().orElse(0);
      int valueLength = keys.dimension("attention.value_length").orElse(keyLength);
      long flops = 2L * heads * (keyLength + valueLength);
      Layer fromMetadata =
          new Layer((long) kvHeads * keyLength, (long) kvHeads * valueLength, flops);
      if (has(i, "attn_k")) {
        long k = matrix(i, "attn_k").orElseThrow().dim(1);
        return Optional.of(
            new Layer(k, matrix(i, "attn_v").map(v -> v.dim(1)).orElse(k), fromMetadata.flops));
      }
      if (has(i, "attn_kv_a_mqa")) {
        // multi-head latent attention: one compressed vector is both key and value
        boolean latent = keys.has("attention.key_length_mla");
        return Optional.of(latent ? new Layer(keyLength, 0, fromMetadata.flops) : fromMetadata);
      }
      boolean fused = has(i, "attn_qkv") && !has(i, "ssm_out");
      return fused || hasNoTensors() ? Optional.of(fromMetadata) : Optional.empty();
    }

    private boolean hasNoTensors() {
      return file.tensors().isEmpty();
    }
  }

  /** Empty if the file describes no attention. */
  static Optional<CacheCost> of(
      GgufFile file, LenientMetadata keys, ModelShape shape, Optional<ModelDescription> described) {
    List<KvState> states =
        described.map(d -> d.states().kv()).orElse(List.of()).stream()
            .filter(state -> state.scope() == KvState.Scope.SEQUENCE)
            .toList();
    LayerReader reader = new LayerReader(file, keys, shape);
    int layers = 0;
    long values = 0;
    long flops = 0;
    // blocks that predict further tokens are not computed
    int computed = shape.layers().orElse(0) - keys.dimension("nextn_predict_layers").orElse(0);
    int layersWithCache = computed - keys.dimension("attention.shared_kv_layers").orElse(0);
    for (int i = 0; i < computed; i++) {
      Optional<Layer> layer = reader.layer(i);
      flops += layer.map(Layer::flops).orElse(0L);
      if (layer.isPresent()
          && i < layersWithCache) { // the last layers may share an earlier layer's cache
        values += layer.get().keys + layer.get().values;
        layers++;
      }
    }
    if (!states.isEmpty()) {
      layers = states.size();
      values = states.stream().mapToLong(KvState::width).sum();
    }
    if (values <= 0) {
      return Optional.empty();
    }
    Map<CacheType, Long> bytes = new EnumMap<>(CacheType.class);
    for (CacheType type : CacheType.values()) {
      int block = type.type().blockSize();
      if (isWhole(states, shape, values, block)) {
        bytes.put(type, type.type().bytes(values));
      }
    }
    OptionalInt window = keys.number("attention.sliding_window");
    return Optional.of(
        new CacheCost(
            layers,
            values,
            bytes,
            flops,
            window.orElse(0) > 0 ? window : OptionalInt.empty(),
            states));
  }

  /** Whether heads divide into the blocks of a cache type. */
  private static boolean isWhole(List<KvState> states, ModelShape shape, long values, int block) {
    if (states.isEmpty()) {
      return values % block == 0 && shape.heads().size().orElse(0) % block == 0;
    }
    return states.stream().allMatch(s -> s.keySize() % block == 0 && s.valueSize() % block == 0);
  }
}
