package dev.myelin.model.architecture;

import dev.myelin.gguf.GgmlType;
import dev.myelin.graph.AttentionParameters;
import dev.myelin.graph.AttentionParameters.RelativeBias;
import dev.myelin.graph.GraphBuilder;
import dev.myelin.graph.Tensor;
import dev.myelin.model.build.Architecture;
import dev.myelin.model.build.ModelBuilder;
import dev.myelin.model.build.Network;
import dev.myelin.model.build.Sample;
import dev.myelin.model.config.Config;
import dev.myelin.model.config.LayerConfig;
import dev.myelin.model.layer.Embedding;
import dev.myelin.model.layer.FeedForward;
import dev.myelin.model.layer.GeGlu;
import dev.myelin.model.layer.Head;
import dev.myelin.model.layer.Linear;
import dev.myelin.model.layer.Norm;
import dev.myelin.model.layer.Qkv;
import dev.myelin.model.layer.ReluFeedForward;
import dev.myelin.pass.AttentionSpec;
import dev.myelin.pass.Output;
import dev.myelin.pass.Pass;
import dev.myelin.state.KvState;
import dev.myelin.state.KvState.Scope;
import dev.myelin.state.Window;
import java.util.List;

/**
 * T5 (Raffel et al. 2020): an encoder, and a decoder whose layers also attend to the encoder's
 * output. Scores are not scaled, and have a learned bias by distance in place of positions.
 */
public final class T5 implements Architecture {
  /** Longer distances share a bucket. */
  private static final int MAX_DISTANCE = 128;

  /** Scores without a scale. */
  private static final float SCALE = 1;

  /** Attention of a sequence to itself. */
  private record SelfAttention(Norm norm, Qkv qkv, KvState kv, Bias bias, Linear output) {
    Tensor of(Pass pass, Tensor x) {
      Qkv.Heads h = qkv.of(norm.of(x));
      return output.of(pass.attend(kv, h.q(), h.k(), h.v(), bias.spec(pass.graph())));
    }
  }

  /** Attention to the encoder's output, whose keys and values the stage ENCODE stores. */
  private record CrossAttention(
      Norm norm, Linear q, Linear k, Linear v, KvState kv, Linear output, LayerConfig shape) {
    Tensor of(Pass pass, Tensor x) {
      Tensor y = q.of(norm.of(x));
      Tensor heads = y.graph().reshape3d(y, shape.keySize(), shape.heads(), y.dim(1));
      return output.of(pass.attend(kv, heads, AttentionSpec.bidirectional(SCALE)));
    }

    void store(Pass pass, Tensor encoded) {
      List<Tensor> y = Linear.ofAll(encoded, k, v);
      pass.store(kv, split(y.get(0), shape.keySize()), split(y.get(1), shape.valueSize()));
    }

    private Tensor split(Tensor y, int size) {
      return y.graph().reshape3d(y, size, shape.kvHeads(), y.dim(1));
    }
  }

  private record EncoderLayer(SelfAttention attention, Norm ffnNorm, FeedForward ffn) {}

  private record DecoderLayer(
      SelfAttention attention, CrossAttention cross, Norm ffnNorm, FeedForward ffn) {}

  /**
   * Biases of the scores by distance.
   *
   * @param values f32, f16 or bf16 [heads, buckets]
   */
  private record Bias(Tensor values, int[] buckets, boolean isCausal) {
    AttentionSpec spec(GraphBuilder g) {
      Tensor f32 = values.type() == GgmlType.F32 ? values : g.cast(values, GgmlType.F32);
      AttentionSpec spec =
          isCausal ? AttentionSpec.causal(SCALE) : AttentionSpec.bidirectional(SCALE);
      return spec.withRelativeBias(new RelativeBias(f32, buckets));
    }
  }

  @Override
  public String title() {
    return "T5, Flan-T5 (Raffel et al. 2020): encoder and decoder, relative bias";
  }

  @Override
  public Network build(Config c, ModelBuilder m) {
    int width = c.width();
    float epsilon = c.rmsEpsilon();
    LayerConfig shape = c.attentionLayer(0);
    Embedding embedding = m.embedding("token_embd", width, c.vocabulary());
    Norm encoderNorm = m.rms("enc.output_norm", width, epsilon);
    Head head = new Head(m.rms("dec.output_norm", width, epsilon), m.output(embedding));
    KvState encoderKv = m.kvState(shape, Window.NONE, Scope.PASS);
    Bias encoderBias = bias(m, c, "enc.blk.0.", false);
    Bias decoderBias = bias(m, c, "dec.blk.0.", true);
    List<EncoderLayer> encoder =
        m.layers("enc.", c.layers(), l -> encoderLayer(l, c, encoderKv, encoderBias));
    List<DecoderLayer> decoder =
        m.layers("dec.", c.encoder().decoderLayers(), l -> decoderLayer(l, c, decoderBias));
    DecoderLayer last = decoder.getLast();
    return Network.main(
            decoder.size(),
            pass -> {
              Tensor x = embedding.of(pass.tokens());
              for (DecoderLayer l : decoder) {
                pass.layerInput(x);
                x = pass.add(l.attention.of(pass, x), x);
                Tensor cross = l.cross.of(pass, x);
                if (l == last) {
                  cross = pass.keep(cross);
                  x = pass.keep(x);
                }
                x = pass.add(cross, x);
                x = pass.add(l.ffn.of(l.ffnNorm.of(x)), x);
              }
              head.emit(pass, x);
            },
            Output.LOGITS)
        .with(
            Network.ENCODE,
            pass -> {
              Tensor x = embedding.of(pass.tokens());
              for (EncoderLayer l : encoder) {
                x = pass.add(l.attention.of(pass, x), x);
                x = pass.add(l.ffn.of(l.ffnNorm.of(x)), x);
              }
              x = encoderNorm.of(x);
              for (DecoderLayer l : decoder) {
                l.cross.store(pass, x);
              }
            });
  }

  private static EncoderLayer encoderLayer(ModelBuilder l, Config c, KvState kv, Bias first) {
    return new EncoderLayer(
        selfAttention(l, c, kv, first),
        l.rms("ffn_norm", c.width(), c.rmsEpsilon()),
        feedForward(l, c));
  }

  private static DecoderLayer decoderLayer(ModelBuilder l, Config c, Bias first) {
    return new DecoderLayer(
        selfAttention(l, c, l.kvState(c.attentionLayer(0)), first),
        crossAttention(l, c),
        l.rms("ffn_norm", c.width(), c.rmsEpsilon()),
        feedForward(l, c));
  }

  private static SelfAttention selfAttention(ModelBuilder l, Config c, KvState kv, Bias first) {
    LayerConfig shape = c.attentionLayer(0);
    boolean hasOwnBias = l.layer() > 0 && l.has("attn_rel_b.weight");
    return new SelfAttention(
        l.rms("attn_norm", c.width(), c.rmsEpsilon()),
        l.qkv(c.width(), shape),
        kv,
        hasOwnBias ? bias(l, c, "", first.isCausal) : first,
        l.linear("attn_o", shape.outputWidth(), c.width()));
  }

  private static CrossAttention crossAttention(ModelBuilder l, Config c) {
    LayerConfig shape = c.attentionLayer(0);
    l.weights().ignore("cross_attn_rel_b.weight", "cross attention has no distances");
    return new CrossAttention(
        l.rms("cross_attn_norm", c.width(), c.rmsEpsilon()),
        l.linear("cross_attn_q", c.width(), shape.queryWidth()),
        l.linear("cross_attn_k", c.width(), shape.keyWidth()),
        l.linear("cross_attn_v", c.width(), shape.valueWidth()),
        l.kvState(shape, Window.NONE, Scope.ENCODER),
        l.linear("cross_attn_o", shape.outputWidth(), c.width()),
        shape);
  }

  /** The biases of a layer, which the other layers share unless they have their own. */
  private static Bias bias(ModelBuilder m, Config c, String prefix, boolean isCausal) {
    int buckets = c.encoder().relativeBuckets();
    return new Bias(
        m.weights().matrix(prefix + "attn_rel_b.weight", c.attentionLayer(0).heads(), buckets),
        AttentionParameters.t5Buckets(buckets, MAX_DISTANCE, !isCausal),
        isCausal);
  }

  /** Gated in the second version of the model. */
  private static FeedForward feedForward(ModelBuilder l, Config c) {
    int ffnWidth = c.requireFeedForward(0);
    return l.has("ffn_gate.weight")
        ? GeGlu.of(l.weights(), c.width(), ffnWidth)
        : ReluFeedForward.of(l.weights(), c.width(), ffnWidth);
  }

  @Override
  public List<Sample> samples() {
    Sample relu =
        Sample.of("relu, tied")
            .with("block_count", 2)
            .with("embedding_length", 128)
            .with("context_length", 512)
            .with("feed_forward_length", 256)
            .with("attention.head_count", 4)
            .with("attention.layer_norm_rms_epsilon", 1e-6f)
            .with("attention.relative_buckets_count", 32)
            .with("vocab_size", 320)
            // scores have no scale
            .withValues("attn_q.weight", 0, 0.02f)
            .withValues("attn_rel_b.weight", 0, 2);
    Sample gated = relu.withTensors("output.weight", ".ffn_gate.weight");
    return List.of(
        relu,
        gated.named("gated"),
        gated
            .named("wide heads, fewer layers in the decoder")
            .with("block_count", 3)
            .with("decoder_block_count", 2)
            .with("decoder_start_token_id", 3)
            .with("attention.head_count", 3)
            .with("attention.key_length", 64)
            .with("attention.value_length", 64)
            .with("attention.relative_buckets_count", 18)
            .withTensors(".attn_rel_b.weight"));
  }
}
