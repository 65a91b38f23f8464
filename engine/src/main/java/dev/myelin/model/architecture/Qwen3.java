package dev.myelin.model.architecture;

import dev.myelin.graph.RopeParameters;
import dev.myelin.graph.Tensor;
import dev.myelin.model.build.Architecture;
import dev.myelin.model.build.ModelBuilder;
import dev.myelin.model.build.Network;
import dev.myelin.model.build.Sample;
import dev.myelin.model.config.Config;
import dev.myelin.model.config.LayerConfig;
import dev.myelin.model.layer.Embedding;
import dev.myelin.model.layer.Head;
import dev.myelin.model.layer.Linear;
import dev.myelin.model.layer.Linear.Part;
import dev.myelin.model.layer.Norm;
import dev.myelin.model.layer.Qkv;
import dev.myelin.model.layer.Rope;
import dev.myelin.model.layer.SwiGlu;
import dev.myelin.pass.AttentionSpec;
import dev.myelin.pass.Output;
import dev.myelin.state.KvState;
import dev.myelin.state.Window;
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
  public String title() {
    return "Qwen3, dense (Yang et al. 2025): norms on query and key heads";
  }

  @Override
  public Network build(Config c, ModelBuilder m) {
    c.requireActivation("silu", "swish", "swiglu");
    int width = c.width();
    float epsilon = c.rmsEpsilon();
    Rope rope = Rope.of(c.rope().whole(RopeParameters.Type.NEOX));
    Embedding embedding = m.embedding("token_embd", width, c.vocabulary());
    Head output = new Head(m.rms("output_norm", width, epsilon), m.output(embedding));
    m.weights().ignore("cls.output.weight", "a classification head");
    List<Layer> layers = m.layers(c.layers(), l -> layer(l, c, width, epsilon));
    Layer last = layers.getLast();
    return Network.main(
        layers.size(),
        pass -> {
          Tensor x = embedding.of(pass.tokens());
          for (Layer l : layers) {
            pass.layerInput(x);
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
          output.emit(pass, x);
        },
        Output.LOGITS,
        Output.HIDDEN);
  }

  private static Layer layer(ModelBuilder l, Config c, int width, float epsilon) {
    LayerConfig shape = c.attentionLayer(l.layer());
    return new Layer(
        l.rms("attn_norm", width, epsilon),
        l.qkv(width, shape, Part.OPTIONAL_BIAS),
        l.rms("attn_q_norm", shape.keySize(), epsilon),
        l.rms("attn_k_norm", shape.keySize(), epsilon),
        l.kvState(shape, Window.NONE, c.scope()),
        c.attention(shape.attentionScale()),
        l.linear("attn_output", shape.queryWidth(), width),
        l.rms("ffn_norm", width, epsilon),
        l.swiglu(width, c.requireFeedForward(l.layer()), Part.SCALE_LAST));
  }

  @Override
  public List<Sample> samples() {
    Sample tied =
        Sample.decoder("tied")
            .with("attention.key_length", 64)
            .with("attention.value_length", 64)
            .with("rope.dimension_count", 64);
    return List.of(
        tied,
        tied.named("untied").withTensors("output.weight"),
        tied.named("bidirectional").with("attention.causal", false));
  }
}
