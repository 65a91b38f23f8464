package dev.myelin.model.architecture;

import dev.myelin.graph.RopeParameters;
import dev.myelin.graph.Tensor;
import dev.myelin.model.build.Architecture;
import dev.myelin.model.build.ModelBuilder;
import dev.myelin.model.build.Network;
import dev.myelin.model.build.Sample;
import dev.myelin.model.config.Config;
import dev.myelin.model.config.Gating;
import dev.myelin.model.config.MlaConfig;
import dev.myelin.model.config.RouterConfig;
import dev.myelin.model.config.Routing;
import dev.myelin.model.layer.Activation;
import dev.myelin.model.layer.Embedding;
import dev.myelin.model.layer.FeedForward;
import dev.myelin.model.layer.Head;
import dev.myelin.model.layer.LatentAttention;
import dev.myelin.model.layer.Linear.Part;
import dev.myelin.model.layer.MixtureOfExperts;
import dev.myelin.model.layer.Norm;
import dev.myelin.model.layer.Rope;
import dev.myelin.pass.Output;
import dev.myelin.pass.Temperature;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * DeepSeek-V2 and V3 (arXiv 2405.04434, 2412.19437), and models of the same form: latent attention,
 * and experts with shared ones after the first layers.
 */
public final class DeepSeek2 implements Architecture {
  // GLM-4.7-Flash, whose files do not say that its gating is the sigmoid
  private static final int GLM_VOCABULARY = 154_880;
  // Kanana-2 30B
  private static final int KANANA_LAYERS = 48;
  private static final int KANANA_VOCABULARY = 128_256;

  private record Layer(Norm attnNorm, LatentAttention attention, Norm ffnNorm, FeedForward ffn) {}

  @Override
  public String title() {
    return "DeepSeek-V2, V3, R1 and models of their form (arXiv 2405.04434): latent attention,"
        + " shared experts";
  }

  @Override
  public Network build(Config c, ModelBuilder m) {
    c.requireActivation("silu", "swish", "swiglu");
    int width = c.width();
    float epsilon = c.rmsEpsilon();
    MlaConfig mla = MlaConfig.of(c, !isLite(c));
    RopeParameters parameters =
        c.rope().withLogMultiplier(RopeParameters.Type.NORMAL, mla.ropeSize(), 0f);
    Rope rope = Rope.of(parameters);
    float scale = mla.attentionScale(c, parameters);
    Temperature temperature = temperature(c);
    Embedding embedding = m.embedding("token_embd", width, c.vocabulary());
    Head output =
        new Head(m.rms("output_norm", width, epsilon), m.output(embedding, Part.NO_SCALE));
    List<Layer> layers =
        m.layers(
            c.decoderLayers(),
            l ->
                new Layer(
                    l.rms("attn_norm", width, epsilon),
                    l.latentAttention(width, epsilon, mla, rope, scale),
                    l.rms("ffn_norm", width, epsilon),
                    feedForward(l, c)));
    m.ignoreBlocks(c.decoderLayers(), c.layers());
    Layer last = layers.getLast();
    return Network.main(
        layers.size(),
        pass -> {
          Tensor x = embedding.of(pass.tokens());
          Tensor factor = temperature == null ? null : pass.temperature(temperature);
          for (Layer l : layers) {
            pass.layerInput(x);
            Tensor attention = l.attention.of(pass, l.attnNorm.of(x), factor);
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

  /** Whether queries have one matrix, which only the depth and the vocabulary tell. */
  private static boolean isLite(Config c) {
    int layers = c.decoderLayers();
    return layers == 26
        || layers == 27
        || (layers == KANANA_LAYERS && c.vocabulary() == KANANA_VOCABULARY);
  }

  private static @Nullable Temperature temperature(Config c) {
    float scale = c.floatFrom("attention.temperature_scale", 0f, 0f);
    int length = c.intBetween("attention.temperature_length", 0, Integer.MAX_VALUE, 0);
    if (scale == 0) {
      return null;
    }
    if (length == 0) {
      throw c.error("attention.temperature_length", "1 or more");
    }
    return new Temperature(scale, length, 0f);
  }

  private static FeedForward feedForward(ModelBuilder l, Config c) {
    boolean isGlm =
        (c.decoderLayers() == 47 || c.decoderLayers() == 48) && c.vocabulary() == GLM_VOCABULARY;
    Gating gating = c.router(l.layer()).gating(isGlm ? Gating.SIGMOID : Gating.SOFTMAX);
    return feedForward(l, c, gating, Part.NO_SCALE);
  }

  /** Dense in the first layers, else routed and shared experts. */
  static FeedForward feedForward(ModelBuilder l, Config c, Gating gating, Part... parts) {
    RouterConfig router = c.router(l.layer());
    int width = c.width();
    if (router.isLeadingDense()) {
      return l.swiglu(width, c.requireFeedForward(l.layer()), parts);
    }
    Routing routing = router.routing(gating, router.isNormalized(false)).withScale(router.scale());
    int ffnWidth = router.ffnWidth();
    int sharedWidth = router.widthOf(router.sharedCount(1), ffnWidth);
    return new MixtureOfExperts(
        l.router(width, routing),
        l.experts(width, ffnWidth, routing.experts(), Activation.SILU, parts),
        l.sharedExperts(width, sharedWidth, Activation.SILU, parts));
  }

  /** 3 layers of 4 heads over a latent vector of 64 values, of which the first is dense. */
  static Sample sample(String name) {
    return Sample.of(name)
        .with("block_count", 3)
        .with("embedding_length", 128)
        .with("context_length", 512)
        .with("feed_forward_length", 128)
        .with("attention.head_count", 4)
        .with("attention.head_count_kv", 1)
        .with("attention.layer_norm_rms_epsilon", 1e-5f)
        .with("attention.q_lora_rank", 96)
        .with("attention.kv_lora_rank", 64)
        .with("attention.key_length", 80)
        .with("attention.value_length", 64)
        .with("attention.key_length_mla", 48)
        .with("attention.value_length_mla", 32)
        .with("rope.dimension_count", 16)
        .with("leading_dense_block_count", 1)
        .with("expert_count", 8)
        .with("expert_used_count", 3)
        .with("expert_feed_forward_length", 32)
        .with("expert_shared_count", 2)
        .with("vocab_size", 320);
  }

  static Sample yarn(Sample sample) {
    return sample
        .with("rope.scaling.type", "yarn")
        .with("rope.scaling.factor", 8f)
        .with("rope.scaling.original_context_length", 64)
        .with("rope.scaling.yarn_log_multiplier", 0.0707f);
  }

  @Override
  public List<Sample> samples() {
    Sample absorbed = sample("absorbed");
    Sample old =
        absorbed
            .without("attention.key_length_mla")
            .without("attention.value_length_mla")
            .with("attention.head_count_kv", 4)
            .with("attention.key_length", 48)
            .with("attention.value_length", 32);
    return List.of(
        absorbed,
        yarn(absorbed.named("sigmoid, groups, bias, yarn"))
            .withTensors("output.weight", ".exp_probs_b.bias")
            .with("expert_gating_func", 2)
            .with("expert_group_count", 4)
            .with("expert_group_used_count", 2)
            .with("expert_weights_norm", true)
            .with("expert_weights_scale", 2.5f),
        absorbed.named("fused experts").withTensors(".ffn_gate_up_exps.weight"),
        absorbed
            .named("temperature")
            .with("attention.temperature_scale", 0.1f)
            .with("attention.temperature_length", 32),
        yarn(old.named("expanded")),
        old.named("expanded, lite")
            .with("block_count", 26)
            .with("embedding_length", 64)
            .with("expert_count", 4)
            .with("expert_used_count", 2)
            .without("attention.q_lora_rank"));
  }
}
