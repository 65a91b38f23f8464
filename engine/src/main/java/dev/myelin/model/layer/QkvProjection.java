package dev.myelin.model.layer;

import dev.myelin.graph.GraphBuilder;
import dev.myelin.graph.Tensor;
import dev.myelin.model.build.WeightSource;
import dev.myelin.model.config.Hyperparameters.Attention;
import java.util.List;

/** Projects a layer's input to queries, keys and values, with three matrices or a fused one. */
public sealed interface QkvProjection {
  /** Q f32 [headSize, heads, tokens], K and V f32 [headSize, kvHeads, tokens]. */
  record Qkv(Tensor q, Tensor k, Tensor v) {}

  Qkv apply(GraphBuilder g, Tensor x);

  /** The fused matrix if the file has one, else three matrices. */
  static QkvProjection of(WeightSource w, String layer, int width, Attention a) {
    if (w.has(layer + "attn_qkv.weight")) {
      return Fused.of(w, layer, width, a);
    }
    Linear.Epilogue epilogue = Linear.Epilogue.SCALE_THEN_BIAS;
    return new Separate(
        Linear.of(w, layer + "attn_q", width, a.queryWidth(), epilogue),
        Linear.of(w, layer + "attn_k", width, a.kvWidth(), epilogue),
        Linear.of(w, layer + "attn_v", width, a.kvWidth(), epilogue),
        a);
  }

  /** One matrix each for Q, K and V. */
  record Separate(Linear q, Linear k, Linear v, Attention attention) implements QkvProjection {
    @Override
    public Qkv apply(GraphBuilder g, Tensor x) {
      List<Tensor> outputs = Linear.applyAll(g, x, q, k, v);
      return new Qkv(
          splitHeads(g, outputs.get(0), attention.heads()),
          splitHeads(g, outputs.get(1), attention.kvHeads()),
          splitHeads(g, outputs.get(2), attention.kvHeads()));
    }

    private Tensor splitHeads(GraphBuilder g, Tensor y, int heads) {
      return g.reshape3d(y, attention.headSize(), heads, y.dim(1));
    }
  }

  /** One matrix whose output is the concatenation of Q, K and V. */
  record Fused(Linear qkv, Attention attention) implements QkvProjection {
    public static Fused of(WeightSource w, String layer, int width, Attention a) {
      long out = a.queryWidth() + 2L * a.kvWidth();
      return new Fused(
          Linear.of(w, layer + "attn_qkv", width, out, Linear.Epilogue.SCALE_THEN_BIAS), a);
    }

    @Override
    public Qkv apply(GraphBuilder g, Tensor x) {
      Tensor y = qkv.apply(g, x);
      long queryBytes = (long) attention.queryWidth() * Float.BYTES;
      long keyBytes = (long) attention.kvWidth() * Float.BYTES;
      return new Qkv(
          headsView(g, y, attention.heads(), 0),
          headsView(g, y, attention.kvHeads(), queryBytes),
          headsView(g, y, attention.kvHeads(), queryBytes + keyBytes));
    }

    private Tensor headsView(GraphBuilder g, Tensor y, int heads, long offset) {
      long headBytes = (long) attention.headSize() * Float.BYTES;
      return g.view3d(y, attention.headSize(), heads, y.dim(1), headBytes, y.stride(1), offset);
    }
  }
}
