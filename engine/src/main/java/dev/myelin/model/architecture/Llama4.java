package dev.myelin.model.architecture;

import dev.myelin.graph.RopeParameters;
import dev.myelin.graph.Tensor;
import dev.myelin.model.build.Architecture;
import dev.myelin.model.build.ModelBuilder;
import dev.myelin.model.build.Network;
import dev.myelin.model.build.Sample;
import dev.myelin.model.config.Config;
import dev.myelin.model.config.ExpertConfig;
import dev.myelin.model.config.Gating;
import dev.myelin.model.config.LayerConfig;
import dev.myelin.model.config.RouterConfig;
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
import dev.myelin.pass.Pass;
import dev.myelin.pass.Temperature;
import dev.myelin.state.KvState;
import dev.myelin.state.Window;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Llama 4 Scout and Maverick (Meta 2025), text only: attention in chunks in three of four layers,
 * no RoPE but a temperature in the fourth, routed experts whose inputs the router weights, and a
 * shared expert.
 */
public final class Llama4 implements Architecture {
  // constants in the reference implementation, which files do not have
  private static final int CHUNK = 8192;
  private static final int FULL_ATTENTION_INTERVAL = 4;
  private static final int NO_ROPE_INTERVAL = 4;
  private static final Temperature TEMPERATURE = new Temperature(0.1f, CHUNK, 1f);

  /** Maverick, which has no norms of queries and keys. */
  private static final int MAVERICK_EXPERTS = 128;

  /**
   * @param rope null in layers without RoPE, whose queries have a temperature
   */
  private record Layer(
      Norm attnNorm,
      Qkv qkv,
      @Nullable Rope rope,
      KvState kv,
      AttentionSpec attention,
      Linear attnOutput,
      Norm ffnNorm,
      FeedForward ffn) {}

  @Override
  public String title() {
    return "Llama 4 Scout, Maverick, text only (Meta 2025): attention in chunks, layers without"
        + " RoPE, shared experts";
  }

  @Override
  public Network build(Config c, ModelBuilder m) {
    c.requireActivation("silu", "swish", "swiglu");
    int width = c.width();
    float epsilon = c.rmsEpsilon();
    boolean hasNorms = experts(c) != MAVERICK_EXPERTS;
    boolean[] chunked = chunkedLayers(c);
    RopeParameters full = c.rope().whole(RopeParameters.Type.NORMAL);
    float chunkedBase = c.positiveFloat("rope.freq_base_swa", full.freqBase());
    RopeParameters inChunk = full.withFrequencies(chunkedBase, full.freqScale());
    Tensor factors = m.weights().optionalVector("rope_freqs.weight", full.dimensions() / 2);
    Embedding embedding = m.embedding("token_embd", width, c.vocabulary());
    Head output = new Head(m.rms("output_norm", width, epsilon), m.output(embedding));
    List<Layer> layers =
        m.layers(
            c.layers(),
            l -> {
              boolean isChunked = chunked[l.layer()];
              boolean hasRope = (l.layer() + 1) % NO_ROPE_INTERVAL != 0;
              Rope rope = new Rope(isChunked ? inChunk : full, factors, factors);
              return layer(l, c, isChunked, hasRope ? rope : null);
            });
    Layer last = layers.getLast();
    return Network.main(
        layers.size(),
        pass -> {
          Tensor x = embedding.of(pass.tokens());
          for (Layer l : layers) {
            pass.layerInput(x);
            Qkv.Heads h = l.qkv.of(l.attnNorm.of(x));
            Tensor q = l.rope == null ? scaled(pass, h.q()) : l.rope.of(pass, h.q());
            Tensor k = l.rope == null ? h.k() : l.rope.of(pass, h.k());
            if (l.rope != null && hasNorms) {
              q = pass.graph().rmsNorm(q, epsilon);
              k = pass.graph().rmsNorm(k, epsilon);
            }
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

  /** The number of experts. The reference implementation refuses a model without. */
  private static int experts(Config c) {
    ExpertConfig experts = c.experts(0);
    if (!experts.isPresent()) {
      throw c.error("expert_count", "1 or more");
    }
    return experts.count();
  }

  /**
   * The layers whose attention is in chunks. Whatever the size of the window in the file, it is
   * {@link #CHUNK}; 0 stands for no chunks, but with it the reference implementation fails.
   */
  private static boolean[] chunkedLayers(Config c) {
    if (c.has("attention.sliding_window") && c.windows().size() == 0) {
      throw c.error("attention.sliding_window", "1 or more");
    }
    return c.windows().layers(FULL_ATTENTION_INTERVAL, false);
  }

  /** Queries [headSize, heads, tokens] times their temperature. */
  private static Tensor scaled(Pass pass, Tensor q) {
    return pass.graph().multiply(q, pass.temperature(TEMPERATURE));
  }

  private static Layer layer(ModelBuilder l, Config c, boolean isChunked, @Nullable Rope rope) {
    int width = c.width();
    float epsilon = c.rmsEpsilon();
    LayerConfig shape = c.attentionLayer(l.layer());
    return new Layer(
        l.rms("attn_norm", width, epsilon),
        l.qkv(width, shape, Part.OPTIONAL_BIAS),
        rope,
        l.kvState(shape, isChunked ? Window.chunked(CHUNK) : Window.NONE, c.scope()),
        c.attention(shape.attentionScale()),
        l.linear("attn_output", shape.queryWidth(), width),
        l.rms("ffn_norm", width, epsilon),
        feedForward(l, c));
  }

  private static FeedForward feedForward(ModelBuilder l, Config c) {
    int width = c.width();
    int step = c.intBetween("interleave_moe_layer_step", 0, Config.MAX_LAYERS);
    if (step == 0 || (l.layer() + 1) % step != 0) {
      return l.swiglu(width, c.requireFeedForward(l.layer()), Part.NO_SCALE);
    }
    RouterConfig router = c.router(l.layer());
    Routing routing = routing(c, router);
    int ffnWidth = router.ffnWidth();
    return new MixtureOfExperts(
        Router.unbiased(l.weights(), width, routing),
        Experts.split(
                l.weights(), width, ffnWidth, routing.experts(), Activation.SILU, Part.NO_SCALE)
            .withWeightedInput(),
        l.sharedExperts(width, ffnWidth, Activation.SILU, Part.NO_SCALE));
  }

  /** Selects by logits; the weights are their sigmoids, whose sum is not 1. */
  private static Routing routing(Config c, RouterConfig router) {
    if (router.gating(Gating.SIGMOID) != Gating.SIGMOID) {
      throw c.error("expert_gating_func", "2 (sigmoid), or none");
    }
    if (router.isNormalized(false)) {
      throw c.error("expert_weights_norm", "false, or none");
    }
    return router.routing(Gating.SIGMOID, false).byLogit();
  }

  @Override
  public List<Sample> samples() {
    Sample scout =
        Sample.decoder("scout, tied")
            .with("block_count", 4)
            .with("embedding_length", 64)
            .with("feed_forward_length", 96)
            .with("attention.head_count", 4)
            .with("rope.dimension_count", 16)
            .with("expert_count", 4)
            .with("expert_used_count", 1)
            .with("expert_feed_forward_length", 32)
            .with("interleave_moe_layer_step", 1);
    Sample flags =
        scout
            .named("flags, base of chunks, factors, biases, two experts")
            .with("attention.sliding_window", 64)
            .with("attention.sliding_window_pattern", new boolean[] {false, true, false, true})
            .with("rope.freq_base_swa", 500f)
            .with("expert_used_count", 2)
            .withTensors("rope_freqs.weight", ".attn_q.bias", ".attn_k.bias", ".attn_v.bias")
            .withValues("rope_freqs.weight", 4, 1);
    Sample groups =
        scout
            .named("groups, fused, linear rope")
            .with("expert_count", 8)
            .with("expert_used_count", 3)
            .with("expert_group_count", 4)
            .with("expert_group_used_count", 2)
            .with("rope.scaling.factor", 4f)
            .withTensors(".attn_qkv.weight", "output.weight");
    return List.of(
        scout,
        scout
            .named("maverick")
            .with("expert_count", MAVERICK_EXPERTS)
            .with("interleave_moe_layer_step", 2)
            .withTensors("output.weight"),
        flags,
        groups,
        scout.named("dense").with("interleave_moe_layer_step", 0),
        scout.named("bidirectional").with("attention.causal", false));
  }
}
