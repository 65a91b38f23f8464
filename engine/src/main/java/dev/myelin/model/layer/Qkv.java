package dev.myelin.model.layer;

import dev.myelin.graph.GraphBuilder;
import dev.myelin.graph.Tensor;
import dev.myelin.model.config.LayerConfig;
import dev.myelin.model.weights.Weights;
import java.util.List;

/**
 * Projects a layer's input to queries, keys and values, with three matrices or with one whose
 * output is their concatenation.
 *
 * @param fused the one matrix, or null
 * @param q null if fused, as are k and v
 * @param hasOutliers whether inputs have outliers, and the matmul of values is to be more exact
 */
public record Qkv(
    Linear fused, Linear q, Linear k, Linear v, LayerConfig shape, boolean hasOutliers) {
  /** Q f32 [keySize, heads, tokens], K and V f32 [size, kvHeads, tokens]. */
  public record Heads(Tensor q, Tensor k, Tensor v) {}

  /** Takes {@code attn_qkv} if the file has it, else {@code attn_q}, {@code attn_k} and v. */
  public static Qkv of(Weights w, long width, LayerConfig shape, Linear.Part... parts) {
    if (w.has("attn_qkv.weight")) {
      return fused(w, width, shape, parts);
    }
    return new Qkv(
        null,
        Linear.of(w, "attn_q", width, shape.queryWidth(), parts),
        Linear.of(w, "attn_k", width, shape.keyWidth(), parts),
        Linear.of(w, "attn_v", width, shape.valueWidth(), parts),
        shape,
        false);
  }

  /** Takes {@code attn_qkv}. */
  public static Qkv fused(Weights w, long width, LayerConfig shape, Linear.Part... parts) {
    long out = (long) shape.queryWidth() + shape.keyWidth() + shape.valueWidth();
    return new Qkv(Linear.of(w, "attn_qkv", width, out, parts), null, null, null, shape, false);
  }

  /** The same for inputs with outliers. */
  public Qkv withOutliers() {
    return new Qkv(fused, q, k, v, shape, true);
  }

  /** [width, tokens] to heads. */
  public Heads of(Tensor x) {
    if (fused == null) {
      List<Tensor> y =
          hasOutliers ? Linear.ofAllWithExact(x, v, q, k, v) : Linear.ofAll(x, q, k, v);
      return new Heads(
          split(y.get(0), shape.keySize(), shape.heads()),
          split(y.get(1), shape.keySize(), shape.kvHeads()),
          split(y.get(2), shape.valueSize(), shape.kvHeads()));
    }
    Tensor y = hasOutliers ? Linear.ofAllWithExact(x, fused, fused).getFirst() : fused.of(x);
    return new Heads(
        view(y, shape.keySize(), shape.heads(), 0),
        view(y, shape.keySize(), shape.kvHeads(), shape.queryWidth()),
        view(y, shape.valueSize(), shape.kvHeads(), shape.queryWidth() + shape.keyWidth()));
  }

  /** [width, tokens] to queries alone. */
  public Tensor queries(Tensor x) {
    return fused == null
        ? split(q.of(x), shape.keySize(), shape.heads())
        : x.graph().contiguous(view(fused.of(x), shape.keySize(), shape.heads(), 0));
  }

  private static Tensor split(Tensor y, int size, int heads) {
    return y.graph().reshape3d(y, size, heads, y.dim(1));
  }

  private static Tensor view(Tensor y, int size, int heads, long first) {
    GraphBuilder g = y.graph();
    long headBytes = (long) size * Float.BYTES;
    return g.view3d(y, size, heads, y.dim(1), headBytes, y.stride(1), first * Float.BYTES);
  }
}
