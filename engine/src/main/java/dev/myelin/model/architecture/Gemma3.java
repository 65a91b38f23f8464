package dev.myelin.model.architecture;

import dev.myelin.graph.RopeParameters;
import dev.myelin.graph.RopeParameters.Type;
import dev.myelin.graph.Tensor;
import dev.myelin.model.build.Architecture;
import dev.myelin.model.build.ModelBuilder;
import dev.myelin.model.build.Network;
import dev.myelin.model.build.Sample;
import dev.myelin.model.config.Config;
import dev.myelin.model.config.LayerConfig;
import dev.myelin.model.layer.Embedding;
import dev.myelin.model.layer.GeGlu;
import dev.myelin.model.layer.Head;
import dev.myelin.model.layer.Linear;
import dev.myelin.model.layer.Norm;
import dev.myelin.model.layer.Qkv;
import dev.myelin.model.layer.Rope;
import dev.myelin.pass.AttentionSpec;
import dev.myelin.pass.Output;
import dev.myelin.state.KvState;
import java.util.List;

/**
 * Gemma 3 (Kamath et al. 2025): five layers with a sliding window to one without, each kind with
 * its own RoPE, norms on query and key heads, norms before and after each half of a layer.
 */
public final class Gemma3 implements Architecture {
  /** The model of 27B scales scores by the width, not by the head size. */
  private static final int LAYERS_OF_27B = 62;

  private record Layer(
      Norm attnNorm,
      Qkv qkv,
      Norm qNorm,
      Norm kNorm,
      Rope rope,
      KvState kv,
      AttentionSpec attention,
      Linear attnOutput,
      Norm attnPostNorm,
      Norm ffnNorm,
      GeGlu ffn,
      Norm ffnPostNorm) {}

  @Override
  public String title() {
    return "Gemma 3 (Kamath et al. 2025): five layers with a window to one without";
  }

  @Override
  public Network build(Config c, ModelBuilder m) {
    c.requireActivation("gelu", "gelu_pytorch_tanh");
    int width = c.width();
    float epsilon = c.rmsEpsilon();
    float logitCap = c.floatFrom("final_logit_softcapping", 0, 0);
    float scale = (float) Math.sqrt(width);
    Embedding embedding = m.embedding("token_embd", width, c.vocabulary());
    Head head = new Head(m.rms("output_norm", width, epsilon), m.output(embedding), logitCap);
    boolean[] isWindowed = c.windows().layers(c.windows().size() > 0 ? 6 : 1, false);
    List<Layer> layers = m.layers(c.layers(), l -> layer(l, c, isWindowed[l.layer()], epsilon));
    Layer last = layers.getLast();
    return Network.main(
        layers.size(),
        pass -> {
          Tensor x = pass.graph().scale(embedding.of(pass.tokens()), scale);
          for (Layer l : layers) {
            pass.layerInput(x);
            Qkv.Heads h = l.qkv.of(l.attnNorm.of(x));
            Tensor q = l.rope.of(pass, l.qNorm.of(h.q()));
            Tensor k = l.rope.of(pass, l.kNorm.of(h.k()));
            Tensor attention = l.attnOutput.of(pass.attend(l.kv, q, k, h.v(), l.attention));
            if (l == last) {
              attention = pass.keep(attention);
              x = pass.keep(x);
            }
            x = pass.add(l.attnPostNorm.of(attention), x);
            x = pass.add(l.ffnPostNorm.of(l.ffn.of(l.ffnNorm.of(x))), x);
          }
          head.emit(pass, x);
        },
        Output.LOGITS,
        Output.HIDDEN);
  }

  private static Layer layer(ModelBuilder l, Config c, boolean isWindowed, float epsilon) {
    LayerConfig shape = c.attentionLayer(l.layer());
    int width = c.width();
    RopeParameters rope = c.rope().whole(Type.NEOX);
    return new Layer(
        l.rms("attn_norm", width, epsilon),
        l.qkv(width, shape, Linear.Part.OPTIONAL_BIAS),
        l.rms("attn_q_norm", shape.keySize(), epsilon),
        l.rms("attn_k_norm", shape.keySize(), epsilon),
        Rope.of(isWindowed ? c.rope().windowed(Type.NEOX, rope.dimensions()) : rope),
        l.kvState(shape, c.windows().sliding(isWindowed), c.scope()),
        c.attention(scoreScale(c, shape)),
        l.linear("attn_output", shape.outputWidth(), width),
        l.rms("post_attention_norm", width, epsilon),
        l.rms("ffn_norm", width, epsilon),
        GeGlu.of(l.weights(), width, c.requireFeedForward(l.layer()), Linear.Part.NO_SCALE),
        l.rms("post_ffw_norm", width, epsilon));
  }

  private static float scoreScale(Config c, LayerConfig shape) {
    return c.layers() == LAYERS_OF_27B
        ? (float) (1 / Math.sqrt(c.width() / c.layer(0).heads()))
        : shape.attentionScale();
  }

  @Override
  public List<Sample> samples() {
    Sample tied =
        Sample.decoder("tied")
            .with("block_count", 7)
            .with("attention.head_count", 4)
            .with("attention.head_count_kv", 1)
            .with("attention.key_length", 64)
            .with("attention.value_length", 64)
            .with("rope.dimension_count", 64)
            .with("rope.freq_base", 1e6f)
            .with("attention.sliding_window", 40);
    return List.of(
        tied,
        tied.named("untied, cap, linear rope")
            .withTensors("output.weight")
            .with("final_logit_softcapping", 5f)
            .with("rope.scaling.type", "linear")
            .with("rope.scaling.factor", 8f),
        tied.named("pattern of flags")
            .with(
                "attention.sliding_window_pattern",
                new boolean[] {true, false, true, true, false, true, true}),
        tied.named("no windows").without("attention.sliding_window"),
        tied.named("bidirectional").with("attention.causal", false));
  }
}
