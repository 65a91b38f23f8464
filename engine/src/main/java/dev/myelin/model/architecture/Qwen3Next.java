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
import dev.myelin.model.config.SsmConfig;
import dev.myelin.model.layer.Activation;
import dev.myelin.model.layer.Embedding;
import dev.myelin.model.layer.GatedAttention;
import dev.myelin.model.layer.GatedDeltaNet;
import dev.myelin.model.layer.GroupedDeltaNetInput;
import dev.myelin.model.layer.Head;
import dev.myelin.model.layer.Mixer;
import dev.myelin.model.layer.MixtureOfExperts;
import dev.myelin.model.layer.Norm;
import dev.myelin.model.layer.Rope;
import dev.myelin.model.layer.Router;
import dev.myelin.model.weights.Weights;
import dev.myelin.pass.Output;
import dev.myelin.state.KvState;
import java.util.List;

/**
 * Qwen3-Next (Qwen team 2025): three layers of linear attention by the gated delta rule to one of
 * gated attention, each with a mixture of experts.
 */
public final class Qwen3Next implements Architecture {
  private static final int FULL_ATTENTION_INTERVAL = 4;

  private static final String PREDICTION = "of a block that predicts further tokens";

  private record Layer(Norm attnNorm, Mixer mixer, Norm postNorm, MixtureOfExperts ffn) {}

  @Override
  public String title() {
    return "Qwen3-Next (2025): gated delta rule, gated attention, experts";
  }

  @Override
  public Network build(Config c, ModelBuilder m) {
    c.requireActivation("silu", "swish", "swiglu");
    int width = c.width();
    float epsilon = c.rmsEpsilon();
    Rope rope = Rope.of(c.rope().partial(RopeParameters.Type.NEOX, c.attentionLayer(0).keySize()));
    boolean[] isRecurrent = c.recurrent().layers(FULL_ATTENTION_INTERVAL);
    Embedding embedding = m.embedding("token_embd", width, c.vocabulary());
    Head head = new Head(m.rms("output_norm", width, epsilon), m.output(embedding));
    List<Layer> blocks =
        m.layers(
            c.layers(),
            l ->
                new Layer(
                    l.rms("attn_norm", width, epsilon),
                    isRecurrent[l.layer()] ? deltaNet(l, c) : attention(l, c, rope),
                    l.rms("post_attention_norm", width, epsilon),
                    experts(l, c)));
    List<Layer> layers = blocks.subList(0, c.decoderLayers());
    Layer last = layers.getLast();
    return Network.main(
        layers.size(),
        pass -> {
          Tensor x = embedding.of(pass.tokens());
          for (Layer l : layers) {
            pass.layerInput(x);
            Tensor mixed = l.mixer.of(pass, l.attnNorm.of(x));
            if (l == last) {
              mixed = pass.keep(mixed);
              x = pass.keep(x);
            }
            x = pass.add(mixed, x);
            x = pass.add(l.ffn.of(l.postNorm.of(x)), x);
          }
          head.emit(pass, x);
        },
        Output.LOGITS,
        Output.HIDDEN);
  }

  private static Mixer deltaNet(ModelBuilder l, Config c) {
    SsmConfig shape = c.ssm();
    if (shape.headSize() != shape.state()) {
      throw c.error("ssm.state_size", "the size of value heads, " + shape.headSize());
    }
    return GatedDeltaNet.of(
        l.weights(),
        c.width(),
        shape,
        c.rmsEpsilon(),
        GroupedDeltaNetInput.of(l.weights(), c.width(), shape),
        l.recurrentState(shape.convolutionElements()),
        l.recurrentState(shape.stateElements()));
  }

  private static Mixer attention(ModelBuilder l, Config c, Rope rope) {
    LayerConfig shape = c.attentionLayer(l.layer());
    boolean isPrediction = l.layer() >= c.decoderLayers();
    if (isPrediction) {
      takePrediction(l.weights(), c);
    }
    KvState kv = isPrediction ? null : l.kvState(shape);
    return GatedAttention.of(l.weights(), c.width(), shape, c.rmsEpsilon(), rope, kv);
  }

  /** Takes what only a block that predicts a further token has: it is not computed. */
  private static void takePrediction(Weights w, Config c) {
    int width = c.width();
    w.unread("nextn.eh_proj.weight", 2L * width, width);
    w.unread("nextn.enorm.weight", width);
    w.unread("nextn.hnorm.weight", width);
    w.ignore("nextn.embed_tokens.weight", PREDICTION);
    w.ignore("nextn.shared_head_head.weight", PREDICTION);
    w.ignore("nextn.shared_head_norm.weight", PREDICTION);
  }

  private static MixtureOfExperts experts(ModelBuilder l, Config c) {
    int width = c.width();
    RouterConfig router = c.router(l.layer());
    Routing routing = router.routing(Gating.SOFTMAX, true);
    int dense = c.layer(l.layer()).feedForward();
    int ffnWidth = router.ffnWidth(dense / routing.used());
    int sharedWidth = router.sharedWidth(dense);
    if (ffnWidth == 0 || sharedWidth == 0) {
      throw c.error("feed_forward_length", "1 or more");
    }
    return new MixtureOfExperts(
        Router.unbiased(l.weights(), width, routing),
        l.experts(width, ffnWidth, routing.experts(), Activation.SILU),
        l.sharedExperts(width, sharedWidth, Activation.SILU).withOutputGate(l.weights(), width));
  }

  @Override
  public List<Sample> samples() {
    Sample fused =
        Sample.decoder("one matrix of q, k, v and z")
            .with("embedding_length", 128)
            .with("feed_forward_length", 256)
            .with("attention.head_count", 4)
            .with("attention.key_length", 64)
            .with("attention.value_length", 64)
            .with("rope.dimension_count", 16)
            .with("expert_count", 8)
            .with("expert_used_count", 3)
            .with("expert_feed_forward_length", 64)
            .with("expert_shared_feed_forward_length", 96)
            .with("full_attention_interval", 2)
            .with("ssm.conv_kernel", 4)
            .with("ssm.inner_size", 128)
            .with("ssm.state_size", 32)
            .with("ssm.time_step_rank", 4)
            .with("ssm.group_count", 2)
            .withValues(".ssm_a", -1, 0.3f);
    Sample split =
        fused
            .named("qkv and z, interval 4")
            .without("full_attention_interval")
            .with("block_count", 4)
            .withTensors("output.weight")
            .withTensors("blk.0.attn_qkv.weight", "blk.1.attn_qkv.weight", "blk.2.attn_qkv.weight");
    return List.of(
        fused,
        split,
        split
            .named("one key head a head, fused attention and experts")
            .with("ssm.group_count", 4)
            .without("expert_feed_forward_length")
            .without("expert_shared_feed_forward_length")
            .with("feed_forward_length", 192)
            .with("attention.recurrent_layers", new boolean[] {false, true, true, false})
            .withTensors(".ffn_gate_up_exps.weight"),
        split
            .named("one key head, a block that predicts")
            .with("ssm.group_count", 1)
            .with("block_count", 5)
            .with("nextn_predict_layers", 1));
  }
}
