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
import dev.myelin.model.config.RouterConfig;
import dev.myelin.model.config.Routing;
import dev.myelin.model.layer.Activation;
import dev.myelin.model.layer.Embedding;
import dev.myelin.model.layer.Experts;
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
import java.util.List;

/**
 * gpt-oss (Agarwal et al. 2025): attention sinks, every second layer with a window, and experts
 * with biases, weighted by the softmax of the selected logits.
 */
public final class GptOss implements Architecture {
  private record Layer(
      Norm attnNorm,
      Qkv qkv,
      Rope rope,
      KvState kv,
      AttentionSpec attention,
      Linear attnOutput,
      Norm ffnNorm,
      MixtureOfExperts ffn) {}

  @Override
  public String title() {
    return "gpt-oss (Agarwal et al. 2025): attention sinks, windows, experts with biases";
  }

  @Override
  public Network build(Config c, ModelBuilder m) {
    c.requireActivation("silu", "swish", "swiglu");
    int width = c.width();
    float epsilon = c.rmsEpsilon();
    if (c.windows().size() == 0) {
      throw c.error("attention.sliding_window", "1 or more");
    }
    boolean[] windowed = c.windows().layers(2, false);
    RopeParameters full = c.rope().whole(RopeParameters.Type.NEOX);
    float windowBase = c.positiveFloat("rope.freq_base_swa", full.freqBase());
    RopeParameters inWindow = full.withFrequencies(windowBase, full.freqScale());
    Embedding embedding = m.embedding("token_embd", width, c.vocabulary());
    Head output = new Head(m.rms("output_norm", width, epsilon), m.output(embedding));
    List<Layer> layers =
        m.layers(
            c.layers(),
            l -> {
              boolean isWindowed = windowed[l.layer()];
              return layer(l, c, isWindowed, Rope.of(isWindowed ? inWindow : full));
            });
    Layer last = layers.getLast();
    return Network.main(
        layers.size(),
        pass -> {
          Tensor x = embedding.of(pass.tokens());
          for (Layer l : layers) {
            pass.layerInput(x);
            Qkv.Heads h = l.qkv.of(l.attnNorm.of(x));
            Tensor q = l.rope.of(pass, h.q());
            Tensor k = l.rope.of(pass, h.k());
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

  private static Layer layer(ModelBuilder l, Config c, boolean isWindowed, Rope rope) {
    int width = c.width();
    float epsilon = c.rmsEpsilon();
    LayerConfig shape = c.attentionLayer(l.layer());
    Tensor sinks = l.weights().vector("attn_sinks.weight", shape.heads());
    return new Layer(
        l.rms("attn_norm", width, epsilon),
        l.qkv(width, shape, Part.OPTIONAL_BIAS),
        rope,
        l.kvState(shape, c.windows().sliding(isWindowed), c.scope()),
        c.attention(shape.attentionScale()).withSinks(sinks),
        l.linear("attn_output", shape.queryWidth(), width, Part.BIAS),
        l.rms("post_attention_norm", width, epsilon),
        experts(l, c.router(l.layer()), width));
  }

  private static MixtureOfExperts experts(ModelBuilder l, RouterConfig c, int width) {
    Routing routing = c.routing(Gating.SOFTMAX_OF_SELECTED, false);
    return new MixtureOfExperts(
        Router.unbiased(l.weights(), width, routing, Part.BIAS),
        Experts.split(
            l.weights(),
            width,
            c.ffnWidth(),
            routing.experts(),
            Activation.SWIGLU_OAI,
            Part.BIAS,
            Part.NO_SCALE),
        null);
  }

  @Override
  public List<Sample> samples() {
    Sample yarn =
        Sample.decoder("yarn")
            .without("feed_forward_length")
            .with("expert_feed_forward_length", 64)
            .with("expert_count", 6)
            .with("expert_used_count", 3)
            .with("attention.sliding_window", 48)
            .with("rope.scaling.type", "yarn")
            .with("rope.scaling.factor", 4f)
            .with("rope.scaling.original_context_length", 64)
            .withTensors("output.weight")
            .withTensors(".attn_q.bias", ".attn_k.bias", ".attn_v.bias")
            .withValues(".attn_sinks.weight", 0, 1);
    return List.of(
        yarn,
        yarn.named("bidirectional").with("attention.causal", false),
        yarn.named("base of windows")
            .without("rope.scaling.type")
            .with("rope.freq_base_swa", 500f)
            .with("attention.sliding_window_pattern", new boolean[] {false, true, true}));
  }
}
