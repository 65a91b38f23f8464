package dev.myelin.inspect;

import dev.myelin.cache.CacheType;
import dev.myelin.gguf.GgufFile;
import dev.myelin.gguf.TensorInfo;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * What remembering one position costs, in all layers together.
 *
 * @param layers layers that keep keys and values
 * @param values numbers kept for a position, keys and values together
 * @param bytes what they take in each type of cache, but for types whose blocks heads do not divide
 *     into
 * @param flops floating-point operations of attention that a position adds to each later token
 * @param slidingWindow how far some layers look back: their caches grow no further
 */
public record CacheCost(
    int layers, long values, Map<CacheType, Long> bytes, long flops, OptionalInt slidingWindow) {

  /** What one layer keeps and computes for a position. */
  private record Layer(long keys, long values, long flops) {}

  private record Source(GgufFile file, Keys keys, ModelShape shape) {
    private boolean has(int layer, String name) {
      return matrix(layer, name).isPresent();
    }

    private Optional<TensorInfo> matrix(int layer, String name) {
      return file.tensor("blk." + layer + "." + name + ".weight");
    }

    /** What a layer keeps; none where it has no attention. */
    Optional<Layer> layer(int i) {
      int heads = keys.dimension("attention.head_count", i).orElse(0);
      int kvHeads = keys.dimension("attention.head_count_kv", i).orElse(heads);
      int key = shape.heads().size().orElse(0);
      int value = keys.dimension("attention.value_length").orElse(key);
      long flops = 2L * heads * (key + value);
      Layer told = new Layer((long) kvHeads * key, (long) kvHeads * value, flops);
      if (has(i, "attn_k")) {
        long k = matrix(i, "attn_k").orElseThrow().dim(1);
        return Optional.of(
            new Layer(k, matrix(i, "attn_v").map(v -> v.dim(1)).orElse(k), told.flops));
      }
      if (has(i, "attn_kv_a_mqa")) {
        // multi-head latent attention: one compressed vector serves as key and value
        boolean latent = keys.has("attention.key_length_mla");
        return Optional.of(latent ? new Layer(key, 0, told.flops) : told);
      }
      boolean fused = has(i, "attn_qkv") && !has(i, "ssm_out");
      return fused || onlyMetadata() ? Optional.of(told) : Optional.empty();
    }

    private boolean onlyMetadata() {
      return file.tensors().isEmpty();
    }
  }

  /** Empty where the file tells no attention. */
  static Optional<CacheCost> of(GgufFile file, Keys keys, ModelShape shape) {
    Source source = new Source(file, keys, shape);
    int layers = 0;
    long values = 0;
    long flops = 0;
    int own = shape.layers().orElse(0) - keys.dimension("attention.shared_kv_layers").orElse(0);
    for (int i = 0; i < shape.layers().orElse(0); i++) {
      Optional<Layer> layer = source.layer(i);
      flops += layer.map(Layer::flops).orElse(0L);
      if (layer.isPresent() && i < own) { // the last layers may use an earlier one's cache
        values += layer.get().keys + layer.get().values;
        layers++;
      }
    }
    if (values <= 0) {
      return Optional.empty();
    }
    Map<CacheType, Long> bytes = new EnumMap<>(CacheType.class);
    for (CacheType type : CacheType.values()) {
      int block = type.type().blockSize();
      if (values % block == 0 && shape.heads().size().orElse(0) % block == 0) {
        bytes.put(type, type.type().bytes(values));
      }
    }
    OptionalInt window = keys.number("attention.sliding_window");
    return Optional.of(
        new CacheCost(
            layers, values, bytes, flops, window.orElse(0) > 0 ? window : OptionalInt.empty()));
  }
}
