package dev.myelin.testing;

import dev.myelin.bindings.ggml.ggml_tensor;
import dev.myelin.bindings.llama.ggml_backend_sched_eval_callback;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The inputs of a decoder's or an encoder's layers in libllama, found by the name of the first
 * weight of a layer: what its norm takes, or without one what the matrix of queries multiplies.
 * Those of the last batch.
 */
final class LayerInputs implements ggml_backend_sched_eval_callback.Function {
  private static final Pattern NORM =
      Pattern.compile("(?:dec\\.)?blk\\.(\\d+)\\.attn_norm\\.weight");
  private static final Pattern QUERIES = Pattern.compile("blk\\.(\\d+)\\.attn_(?:q|qkv)\\.weight");

  private final Map<Integer, float[][]> rows = new TreeMap<>();

  /** The rows of each position, by layer. */
  Map<Integer, float[][]> rows() {
    return rows;
  }

  @Override
  public boolean apply(MemorySegment address, boolean isAsking, MemorySegment data) {
    MemorySegment t = struct(address);
    MemorySegment first = ggml_tensor.src(t, 0);
    MemorySegment second = ggml_tensor.src(t, 1);
    if (first.address() == 0 || second.address() == 0) {
      return false;
    }
    // norm(x) * weight
    int layer = layer(NORM, struct(second));
    MemorySegment x = layer < 0 ? second : ggml_tensor.src(struct(first), 0);
    if (layer < 0) {
      layer = layer(QUERIES, struct(first));
    }
    // after a norm of its own, the matrix multiplies something else
    if (layer < 0 || isAsking && rows.containsKey(layer)) {
      return false;
    }
    if (!isAsking) {
      rows.putIfAbsent(layer, copy(struct(x)));
    }
    return true;
  }

  private static int layer(Pattern pattern, MemorySegment weight) {
    Matcher name = pattern.matcher(ggml_tensor.name(weight).getString(0));
    return name.matches() ? Integer.parseInt(name.group(1)) : -1;
  }

  private static MemorySegment struct(MemorySegment address) {
    return ggml_tensor.reinterpret(address, Arena.global(), null);
  }

  private static float[][] copy(MemorySegment x) {
    float[][] rows = new float[(int) ggml_tensor.ne(x, 1)][];
    for (int i = 0; i < rows.length; i++) {
      rows[i] =
          ggml_tensor
              .data(x)
              .reinterpret(Long.MAX_VALUE)
              .asSlice(i * ggml_tensor.nb(x, 1), ggml_tensor.ne(x, 0) * Float.BYTES)
              .toArray(ValueLayout.JAVA_FLOAT);
    }
    return rows;
  }
}
