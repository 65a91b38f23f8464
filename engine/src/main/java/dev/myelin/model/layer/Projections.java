package dev.myelin.model.layer;

import dev.myelin.graph.GraphBuilder;
import dev.myelin.graph.Tensor;
import dev.myelin.model.build.WeightSource;
import dev.myelin.model.config.Hyperparameters.Attention;
import java.util.List;

/** Makes queries, keys and values of a layer's input: three matrices, or all in one. */
public sealed interface Projections {
  /** Q f32 [headSize, heads, tokens], K and V f32 [headSize, kvHeads, tokens]. */
  record Heads(Tensor q, Tensor k, Tensor v) {}

  Heads apply(GraphBuilder g, Tensor x);

  /** The fused matrix where the file has it, else the three. */
  static Projections of(WeightSource w, String layer, int width, Attention a) {
    if (w.has(layer + "attn_qkv.weight")) {
      return Fused.of(w, layer, width, a);
    }
    Linear.Extras extras = Linear.Extras.SCALE_THEN_BIAS;
    return new Separate(
        Linear.of(w, layer + "attn_q", width, a.queryWidth(), extras),
        Linear.of(w, layer + "attn_k", width, a.kvWidth(), extras),
        Linear.of(w, layer + "attn_v", width, a.kvWidth(), extras),
        a);
  }

  /** Q, K and V from a matrix each. */
  record Separate(Linear q, Linear k, Linear v, Attention shape) implements Projections {
    @Override
    public Heads apply(GraphBuilder g, Tensor x) {
      List<Tensor> all = Linear.applyAll(g, x, q, k, v);
      return new Heads(
          split(g, all.get(0), shape.heads()),
          split(g, all.get(1), shape.kvHeads()),
          split(g, all.get(2), shape.kvHeads()));
    }

    private Tensor split(GraphBuilder g, Tensor y, int heads) {
      return g.reshape3d(y, shape.headSize(), heads, y.dim(1));
    }
  }

  /** Q, K and V one after the other in the rows of one matrix. */
  record Fused(Linear qkv, Attention shape) implements Projections {
    public static Fused of(WeightSource w, String layer, int width, Attention a) {
      long out = a.queryWidth() + 2L * a.kvWidth();
      return new Fused(
          Linear.of(w, layer + "attn_qkv", width, out, Linear.Extras.SCALE_THEN_BIAS), a);
    }

    @Override
    public Heads apply(GraphBuilder g, Tensor x) {
      Tensor y = qkv.apply(g, x);
      long queries = (long) shape.queryWidth() * Float.BYTES;
      long keys = (long) shape.kvWidth() * Float.BYTES;
      return new Heads(
          part(g, y, shape.heads(), 0),
          part(g, y, shape.kvHeads(), queries),
          part(g, y, shape.kvHeads(), queries + keys));
    }

    private Tensor part(GraphBuilder g, Tensor y, int heads, long offset) {
      long head = (long) shape.headSize() * Float.BYTES;
      return g.view3d(y, shape.headSize(), heads, y.dim(1), head, y.stride(1), offset);
    }
  }
}
