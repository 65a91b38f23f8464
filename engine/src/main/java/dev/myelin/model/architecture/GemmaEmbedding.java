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
import dev.myelin.model.layer.Linear;
import dev.myelin.model.layer.Norm;
import dev.myelin.model.layer.Qkv;
import dev.myelin.model.layer.Rope;
import dev.myelin.pass.AttentionSpec;
import dev.myelin.pass.Output;
import dev.myelin.state.KvState;
import dev.myelin.state.KvState.Scope;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * EmbeddingGemma (Schechter Vera et al. 2025): the layers of Gemma 3 as an encoder, five with a
 * window on both sides to one without, and two dense layers for vectors of texts.
 */
public final class GemmaEmbedding implements Architecture {
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

  /**
   * The dense layers of the sentence transformer. They are linear, so that it does not matter
   * whether vectors are pooled before or after them.
   */
  private record Dense(Linear first, Linear second) {
    static @Nullable Dense of(ModelBuilder m, Config c) {
      if (!m.has("dense_2.weight") && !m.has("dense_3.weight")) {
        return null;
      }
      int width = c.width();
      int inner = c.intBetween("dense_2_feat_out", 1, Config.MAX_WIDTH);
      c.intBetween("dense_2_feat_in", width, width, width);
      c.intBetween("dense_3_feat_in", inner, inner, inner);
      c.intBetween("dense_3_feat_out", width, width, width);
      return new Dense(
          m.linear("dense_2", width, inner, Linear.Part.NO_SCALE),
          m.linear("dense_3", inner, width, Linear.Part.NO_SCALE));
    }

    Tensor of(Tensor x) {
      return second.of(first.of(x));
    }
  }

  @Override
  public String title() {
    return "EmbeddingGemma (2025): encoder, five layers with a window on both sides to one without";
  }

  @Override
  public Network build(Config c, ModelBuilder m) {
    c.requireActivation("gelu", "gelu_pytorch_tanh");
    c.bool("attention.causal", false); // never causal, whatever the file says
    int width = c.width();
    float epsilon = c.rmsEpsilon();
    float scale = (float) Math.sqrt(width);
    Embedding embedding = m.embedding("token_embd", width, c.vocabulary());
    Norm outputNorm = m.rms("output_norm", width, epsilon);
    m.weights().ignore("output.weight", "no logits");
    Dense dense = Dense.of(m, c);
    boolean[] isWindowed = c.windows().layers(6, false);
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
          x = outputNorm.of(x);
          pass.emit(Output.HIDDEN, dense == null ? x : dense.of(x));
        },
        Output.HIDDEN);
  }

  private static Layer layer(ModelBuilder l, Config c, boolean isWindowed, float epsilon) {
    LayerConfig shape = c.attentionLayer(l.layer());
    int width = c.width();
    int headSize = shape.keySize();
    RopeParameters rope = c.rope().whole(Type.NEOX);
    return new Layer(
        l.rms("attn_norm", width, epsilon),
        l.qkv(width, shape, Linear.Part.OPTIONAL_BIAS),
        l.rms("attn_q_norm", headSize, epsilon),
        l.rms("attn_k_norm", headSize, epsilon),
        Rope.of(isWindowed ? c.rope().windowed(Type.NEOX, headSize) : rope),
        l.kvState(shape, c.windows().symmetric(isWindowed), Scope.PASS),
        AttentionSpec.bidirectional(shape.attentionScale()),
        l.linear("attn_output", shape.outputWidth(), width),
        l.rms("post_attention_norm", width, epsilon),
        l.rms("ffn_norm", width, epsilon),
        GeGlu.of(l.weights(), width, c.requireFeedForward(l.layer()), Linear.Part.NO_SCALE),
        l.rms("post_ffw_norm", width, epsilon));
  }

  @Override
  public List<Sample> samples() {
    Sample plain =
        Sample.decoder("plain")
            .with("block_count", 7)
            .with("attention.head_count", 4)
            .with("attention.head_count_kv", 1)
            .with("attention.key_length", 64)
            .with("attention.value_length", 64)
            .with("rope.dimension_count", 64)
            .with("rope.freq_base", 1e6f)
            .with("attention.sliding_window", 40)
            .with("attention.causal", false);
    return List.of(
        plain,
        plain
            .named("dense layers")
            .with("dense_2_feat_in", 256)
            .with("dense_2_feat_out", 320)
            .with("dense_3_feat_in", 320)
            .with("dense_3_feat_out", 256)
            .withTensors("dense_2.weight", "dense_3.weight"),
        plain
            .named("pattern, odd window")
            .with("attention.sliding_window", 33)
            .with("attention.sliding_window_pattern", 2)
            .with("rope.freq_base_swa", 5000f));
  }
}
