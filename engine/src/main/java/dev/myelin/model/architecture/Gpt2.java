package dev.myelin.model.architecture;

import dev.myelin.graph.Tensor;
import dev.myelin.model.build.Architecture;
import dev.myelin.model.build.ModelBuilder;
import dev.myelin.model.build.Network;
import dev.myelin.model.build.Sample;
import dev.myelin.model.config.Config;
import dev.myelin.model.config.LayerConfig;
import dev.myelin.model.layer.Embedding;
import dev.myelin.model.layer.GeluFeedForward;
import dev.myelin.model.layer.Head;
import dev.myelin.model.layer.Linear;
import dev.myelin.model.layer.Linear.Part;
import dev.myelin.model.layer.Norm;
import dev.myelin.model.layer.Qkv;
import dev.myelin.pass.AttentionSpec;
import dev.myelin.pass.Output;
import dev.myelin.state.KvState;
import dev.myelin.state.Window;
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
  public String title() {
    return "GPT-2 (Radford et al. 2019): learned positions, layer norms";
  }

  @Override
  public Network build(Config c, ModelBuilder m) {
    c.requireActivation("gelu", "gelu_new", "gelu_pytorch_tanh");
    int width = c.width();
    float epsilon = c.layerNormEpsilon();
    Embedding embedding = m.embedding("token_embd", width, c.vocabulary());
    Tensor positions = m.positions("position_embd", width, c.contextLength());
    Head output = new Head(m.layerNorm("output_norm", width, epsilon), m.output(embedding));
    List<Layer> layers = m.layers(c.layers(), l -> layer(l, c, width, epsilon));
    Layer last = layers.getLast();
    return Network.main(
        layers.size(),
        pass -> {
          Tensor x = embedding.of(pass.tokens());
          x = pass.add(x, pass.graph().getRows(positions, pass.positions()));
          for (Layer l : layers) {
            pass.layerInput(x);
            Qkv.Heads h = l.qkv.of(l.attnNorm.of(x));
            Tensor attention = l.attnOutput.of(pass.attend(l.kv, h.q(), h.k(), h.v(), l.attention));
            if (l == last) {
              attention = pass.keep(attention);
              x = pass.keep(x);
            }
            x = pass.add(attention, x);
            x = pass.add(l.ffn.of(l.ffnNorm.of(x)), x);
          }
          output.emit(pass, x);
        },
        Output.LOGITS,
        Output.HIDDEN);
  }

  private static Layer layer(ModelBuilder l, Config c, int width, float epsilon) {
    LayerConfig shape = c.attentionLayer(l.layer());
    return new Layer(
        l.layerNorm("attn_norm", width, epsilon),
        Qkv.fused(l.weights(), width, shape, Part.BIAS),
        l.kvState(shape, Window.NONE, c.scope()),
        c.attention(shape.attentionScale()),
        l.linear("attn_output", shape.queryWidth(), width, Part.BIAS),
        l.layerNorm("ffn_norm", width, epsilon),
        GeluFeedForward.of(
            l.weights(), width, c.requireFeedForward(l.layer()), Part.BIAS, Part.NO_SCALE));
  }

  @Override
  public List<Sample> samples() {
    Sample tied =
        Sample.of("tied")
            .with("block_count", 3)
            .with("embedding_length", 256)
            .with("context_length", 512)
            .with("feed_forward_length", 512)
            .with("attention.head_count", 8)
            .with("attention.layer_norm_epsilon", 1e-5f)
            .with("vocab_size", 320);
    return List.of(
        tied,
        tied.named("untied").withTensors("output.weight"),
        tied.named("bidirectional").with("attention.causal", false));
  }
}
