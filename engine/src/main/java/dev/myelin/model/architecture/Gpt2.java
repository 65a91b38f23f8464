package dev.myelin.model.architecture;

import dev.myelin.cache.KvState;
import dev.myelin.graph.Tensor;
import dev.myelin.model.build.Architecture;
import dev.myelin.model.build.ModelBuilder;
import dev.myelin.model.build.Network;
import dev.myelin.model.config.Config;
import dev.myelin.model.config.LayerConfig;
import dev.myelin.model.layer.Embedding;
import dev.myelin.model.layer.GeluFeedForward;
import dev.myelin.model.layer.Linear;
import dev.myelin.model.layer.Linear.Part;
import dev.myelin.model.layer.Norm;
import dev.myelin.model.layer.Output;
import dev.myelin.model.layer.Qkv;
import dev.myelin.pass.AttentionSpec;
import java.util.List;

/** GPT-2 (Radford et al. 2019): learned positions, layer norms, a bias on every linear layer. */
public final class Gpt2 implements Architecture {
  private record Layer(
      Norm attnNorm,
      Qkv qkv,
      KvState kv,
      AttentionSpec attention,
      Linear attnOutput,
      Norm ffnNorm,
      GeluFeedForward ffn) {}

  @Override
  public Network build(Config c, ModelBuilder m) {
    c.requireActivation("gelu", "gelu_new", "gelu_pytorch_tanh");
    LayerConfig shape = c.sameLayers();
    int width = c.width();
    float epsilon = c.layerNormEpsilon();
    Embedding embedding = m.embedding("token_embd", width, c.vocabulary());
    Tensor positions = m.positions("position_embd", width, c.contextLength());
    Output output = new Output(m.layerNorm("output_norm", width, epsilon), m.output(embedding));
    List<Layer> layers = m.layers(c.layers(), l -> layer(l, shape, width, epsilon));
    Layer last = layers.getLast();
    return pass -> {
      Tensor x = embedding.of(pass.tokens());
      x = pass.add(x, pass.graph().getRows(positions, pass.positions()));
      for (Layer l : layers) {
        Qkv.Heads h = l.qkv.of(l.attnNorm.of(x));
        Tensor attention = l.attnOutput.of(pass.attend(l.kv, h.q(), h.k(), h.v(), l.attention));
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
        l.layerNorm("attn_norm", width, epsilon),
        Qkv.fused(l.weights(), width, shape, Part.BIAS),
        l.kvState(shape),
        new AttentionSpec(shape.attentionScale()),
        l.linear("attn_output", shape.queryWidth(), width, Part.BIAS),
        l.layerNorm("ffn_norm", width, epsilon),
        GeluFeedForward.of(l.weights(), width, shape.feedForward(), Part.BIAS, Part.NO_SCALE));
  }
}
