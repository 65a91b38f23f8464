package dev.myelin.model.architecture;

import dev.myelin.graph.RopeParameters;
import dev.myelin.graph.Tensor;
import dev.myelin.model.build.Architecture;
import dev.myelin.model.build.ModelBuilder;
import dev.myelin.model.build.Network;
import dev.myelin.model.build.Sample;
import dev.myelin.model.config.Config;
import dev.myelin.model.config.Gating;
import dev.myelin.model.config.LayerConfig;
import dev.myelin.model.config.Routing;
import dev.myelin.model.layer.Activation;
import dev.myelin.model.layer.Embedding;
import dev.myelin.model.layer.Experts;
import dev.myelin.model.layer.FeedForward;
import dev.myelin.model.layer.Head;
import dev.myelin.model.layer.Linear;
import dev.myelin.model.layer.Linear.Part;
import dev.myelin.model.layer.MixtureOfExperts;
import dev.myelin.model.layer.Norm;
import dev.myelin.model.layer.Qkv;
import dev.myelin.model.layer.Rope;
import dev.myelin.model.layer.Router;
import dev.myelin.pass.AttentionSpec;
import dev.myelin.pass.Output;
import dev.myelin.state.KvState;
import dev.myelin.state.Window;
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
  public String title() {
    return "Llama, Mistral, Mixtral, SmolLM2 (Touvron et al. 2023): dense or a mixture of experts";
  }

  @Override
  public Network build(Config c, ModelBuilder m) {
    c.requireActivation("silu", "swish", "swiglu");
    int width = c.width();
    float epsilon = c.rmsEpsilon();
    Rope rope =
        Rope.withFactors(
            c.rope().whole(RopeParameters.Type.NORMAL), c.rope().scaling(), m.weights());
    Embedding embedding = m.embedding("token_embd", width, c.vocabulary());
    Head output = new Head(m.rms("output_norm", width, epsilon), m.output(embedding));
    List<Layer> layers = m.layers(c.layers(), l -> layer(l, c, width, epsilon));
    Layer last = layers.getLast();
    return Network.main(
        layers.size(),
        pass -> {
          Tensor x = embedding.of(pass.tokens());
          for (Layer l : layers) {
            pass.layerInput(x);
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
          output.emit(pass, x);
        },
        Output.LOGITS,
        Output.HIDDEN);
  }

  private static Layer layer(ModelBuilder l, Config c, int width, float epsilon) {
    LayerConfig shape = c.attentionLayer(l.layer());
    int ffnWidth = c.requireFeedForward(l.layer());
    return new Layer(
        l.rms("attn_norm", width, epsilon),
        l.qkv(width, shape, Part.OPTIONAL_BIAS),
        l.kvState(shape, Window.NONE, c.scope()),
        c.attention(shape.attentionScale()),
        l.linear("attn_output", shape.queryWidth(), width, Part.OPTIONAL_BIAS),
        l.rms("ffn_norm", width, epsilon),
        c.experts(l.layer()).isPresent()
            ? experts(l, c, width, ffnWidth)
            : l.swiglu(width, ffnWidth, Part.OPTIONAL_BIAS, Part.SCALE_LAST));
  }

  private static MixtureOfExperts experts(ModelBuilder l, Config c, int width, int ffnWidth) {
    Routing routing = c.router(l.layer()).routing(Gating.SOFTMAX, true);
    return new MixtureOfExperts(
        Router.unbiased(l.weights(), width, routing),
        Experts.split(l.weights(), width, ffnWidth, routing.experts(), Activation.SILU),
        null);
  }

  @Override
  public List<Sample> samples() {
    Sample tied = Sample.decoder("tied");
    Sample untied = tied.named("untied").withTensors("output.weight");
    Sample experts = untied.with("expert_count", 6).with("expert_used_count", 3);
    return List.of(
        untied,
        tied.withTensors("rope_freqs.weight").withValues("rope_freqs.weight", 4, 1),
        untied
            .named("biases")
            .withTensors(".attn_q.bias", ".attn_k.bias", ".attn_v.bias", ".attn_output.bias")
            .withTensors(".ffn_gate.bias", ".ffn_up.bias", ".ffn_down.bias"),
        untied.named("fused").withTensors(".attn_qkv.weight"),
        untied.named("bidirectional").with("attention.causal", false),
        experts.named("experts"),
        experts
            .named("experts in groups")
            .with("expert_count", 8)
            .with("expert_group_count", 4)
            .with("expert_group_used_count", 2));
  }
}
