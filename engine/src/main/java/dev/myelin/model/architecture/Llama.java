package dev.myelin.model.architecture;

import dev.myelin.cache.KvState;
import dev.myelin.graph.RopeParameters;
import dev.myelin.graph.Tensor;
import dev.myelin.model.build.Architecture;
import dev.myelin.model.build.ModelBuilder;
import dev.myelin.model.build.Network;
import dev.myelin.model.config.Config;
import dev.myelin.model.config.ExpertConfig;
import dev.myelin.model.config.LayerConfig;
import dev.myelin.model.layer.Embedding;
import dev.myelin.model.layer.FeedForward;
import dev.myelin.model.layer.Linear;
import dev.myelin.model.layer.Linear.Part;
import dev.myelin.model.layer.MixtureOfExperts;
import dev.myelin.model.layer.Norm;
import dev.myelin.model.layer.Output;
import dev.myelin.model.layer.Qkv;
import dev.myelin.model.layer.Rope;
import dev.myelin.pass.AttentionSpec;
import java.util.List;

/**
 * Llama (Touvron et al. 2023), and Mixtral's mixture of experts, which has the same architecture
 * name.
 */
public final class Llama implements Architecture {
  private record Layer(
      Norm attnNorm,
      Qkv qkv,
      KvState kv,
      AttentionSpec attention,
      Linear attnOutput,
      Norm ffnNorm,
      FeedForward ffn) {}

  @Override
  public Network build(Config c, ModelBuilder m) {
    c.requireActivation("silu", "swish", "swiglu");
    LayerConfig shape = c.sameLayers();
    int width = c.width();
    float epsilon = c.rmsEpsilon();
    ExpertConfig experts = c.experts();
    Rope rope = Rope.withFactors(c.rope(RopeParameters.Type.NORMAL), c.ropeScaling(), m.weights());
    Embedding embedding = m.embedding("token_embd", width, c.vocabulary());
    Output output = new Output(m.rms("output_norm", width, epsilon), m.output(embedding));
    List<Layer> layers = m.layers(c.layers(), l -> layer(l, shape, width, epsilon, experts));
    Layer last = layers.getLast();
    return pass -> {
      Tensor x = embedding.of(pass.tokens());
      for (Layer l : layers) {
        Qkv.Heads h = l.qkv.of(l.attnNorm.of(x));
        Tensor q = rope.of(pass, h.q());
        Tensor k = rope.of(pass, h.k());
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

  private static Layer layer(
      ModelBuilder l, LayerConfig shape, int width, float epsilon, ExpertConfig experts) {
    return new Layer(
        l.rms("attn_norm", width, epsilon),
        l.qkv(width, shape, Part.OPTIONAL_BIAS),
        l.kvState(shape),
        new AttentionSpec(shape.attentionScale()),
        l.linear("attn_output", shape.queryWidth(), width, Part.OPTIONAL_BIAS),
        l.rms("ffn_norm", width, epsilon),
        experts.isPresent()
            ? MixtureOfExperts.of(l.weights(), width, shape.feedForward(), experts)
            : l.swiglu(width, shape.feedForward(), Part.OPTIONAL_BIAS, Part.SCALE_LAST));
  }
}
