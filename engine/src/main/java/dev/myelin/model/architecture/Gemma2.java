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
import dev.myelin.state.Window;
import java.util.List;

/**
 * Gemma 2 (Riviere et al. 2024): a sliding window in every second layer, soft-caps on scores and
 * logits, norms before and after each half of a layer.
 */
public final class Gemma2 implements Architecture {
  private static final int DEFAULT_WINDOW = 4096;
  private static final float DEFAULT_SCORE_CAP = 50;
  private static final float DEFAULT_LOGIT_CAP = 30;

  /** The model of 27B scales scores by the width, not by the head size. */
  private static final int LAYERS_OF_27B = 46;

  private record Layer(
      Norm attnNorm,
      Qkv qkv,
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
    return "Gemma 2 (Riviere et al. 2024): windows in every second layer, soft-caps";
  }

  @Override
  public Network build(Config c, ModelBuilder m) {
    c.requireActivation("gelu", "gelu_pytorch_tanh");
    int width = c.width();
    float epsilon = c.rmsEpsilon();
    float logitCap = c.positiveFloat("final_logit_softcapping", DEFAULT_LOGIT_CAP);
    float scale = (float) Math.sqrt(width);
    Embedding embedding = m.embedding("token_embd", width, c.vocabulary());
    Linear matrix = Linear.tied(m.weights(), embedding.weight(), "output");
    Head head = new Head(m.rms("output_norm", width, epsilon), matrix, logitCap);
    boolean[] isWindowed = c.windows().layers(2, false);
    List<Layer> layers = m.layers(c.layers(), l -> layer(l, c, isWindowed[l.layer()], epsilon));
    Layer last = layers.getLast();
    return Network.main(
        layers.size(),
        pass -> {
          Tensor x = pass.graph().scale(embedding.of(pass.tokens()), scale);
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
    float windowBase = c.positiveFloat("rope.freq_base_swa", rope.freqBase());
    int window = c.intBetween("attention.sliding_window", 1, Integer.MAX_VALUE, DEFAULT_WINDOW);
    return new Layer(
        l.rms("attn_norm", width, epsilon),
        l.qkv(width, shape, Linear.Part.OPTIONAL_BIAS),
        Rope.of(isWindowed ? rope.withFrequencies(windowBase, rope.freqScale()) : rope),
        l.kvState(shape, isWindowed ? Window.sliding(window) : Window.NONE, c.scope()),
        c.attention(scoreScale(c, shape))
            .withSoftCap(c.positiveFloat("attn_logit_softcapping", DEFAULT_SCORE_CAP)),
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
    Sample small =
        Sample.decoder("small")
            .with("attention.key_length", 64)
            .with("attention.value_length", 64)
            .with("rope.dimension_count", 64)
            .with("attention.sliding_window", 40);
    return List.of(
        small,
        small
            .named("caps, base")
            .with("attn_logit_softcapping", 20f)
            .with("final_logit_softcapping", 5f)
            .with("rope.freq_base", 1e6f)
            .with("rope.freq_base_swa", 5000f),
        small
            .named("27B")
            .with("block_count", 46)
            .with("embedding_length", 64)
            .with("feed_forward_length", 64)
            .with("attention.head_count", 2),
        small.named("bidirectional").with("attention.causal", false));
  }
}
