package dev.myelin.model.architecture;

import dev.myelin.cache.KvState;
import dev.myelin.graph.RopeParameters;
import dev.myelin.graph.Tensor;
import dev.myelin.model.build.Architecture;
import dev.myelin.model.build.ModelBuilder;
import dev.myelin.model.build.Network;
import dev.myelin.model.config.Config;
import dev.myelin.model.config.LayerConfig;
import dev.myelin.model.layer.Embedding;
import dev.myelin.model.layer.Linear;
import dev.myelin.model.layer.Linear.Part;
import dev.myelin.model.layer.Norm;
import dev.myelin.model.layer.Output;
import dev.myelin.model.layer.Qkv;
import dev.myelin.model.layer.Rope;
import dev.myelin.model.layer.SwiGlu;
import dev.myelin.pass.AttentionSpec;
import java.util.List;

/** Qwen3, dense (Yang et al. 2025): a norm on each query and key head before RoPE. */
public final class Qwen3 implements Architecture {
  private record Layer(
      Norm attnNorm,
      Qkv qkv,
      Norm qNorm,
      Norm kNorm,
      KvState kv,
      AttentionSpec attention,
      Linear attnOutput,
      Norm ffnNorm,
      SwiGlu ffn) {}

  @Override
  public Network build(Config c, ModelBuilder m) {
    c.requireActivation("silu", "swish", "swiglu");
    LayerConfig shape = c.sameLayers();
    int width = c.width();
    float epsilon = c.rmsEpsilon();
    Rope rope = Rope.of(c.rope(RopeParameters.Type.NEOX));
    Embedding embedding = m.embedding("token_embd", width, c.vocabulary());
    Output output = new Output(m.rms("output_norm", width, epsilon), m.output(embedding));
    List<Layer> layers = m.layers(c.layers(), l -> layer(l, shape, width, epsilon));
    Layer last = layers.getLast();
    return pass -> {
      Tensor x = embedding.of(pass.tokens());
      for (Layer l : layers) {
        Qkv.Heads h = l.qkv.of(l.attnNorm.of(x));
        Tensor q = rope.of(pass, l.qNorm.of(h.q()));
        Tensor k = rope.of(pass, l.kNorm.of(h.k()));
        Tensor attention = l.attnOutput.of(pass.attend(l.kv, q, k, h.v(), l.attention));
        if (l == last) {
          attention = pass.keep(attention);
          x = pass.keep(x);
        }
        x = pass.add(attention, x);
        x = pass.add(l.ffn.of(l.ffnNorm.of(x)), x);
      }
      pass.emitLogits(output.of(pass, x));
    };
  }

  private static Layer layer(ModelBuilder l, LayerConfig shape, int width, float epsilon) {
    return new Layer(
        l.rms("attn_norm", width, epsilon),
        l.qkv(width, shape, Part.OPTIONAL_BIAS),
        l.rms("attn_q_norm", shape.headSize(), epsilon),
        l.rms("attn_k_norm", shape.headSize(), epsilon),
        l.kvState(shape),
        new AttentionSpec(shape.attentionScale()),
        l.linear("attn_output", shape.queryWidth(), width),
        l.rms("ffn_norm", width, epsilon),
        l.swiglu(width, shape.feedForward(), Part.SCALE_LAST));
  }
}
