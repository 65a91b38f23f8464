package dev.myelin.plan;

import dev.myelin.model.build.ModelBuilder;
import dev.myelin.model.config.Config;
import dev.myelin.model.config.Gating;
import dev.myelin.model.config.LayerConfig;
import dev.myelin.model.config.Routing;
import dev.myelin.model.layer.Activation;
import dev.myelin.model.layer.Embedding;
import dev.myelin.model.layer.Experts;
import dev.myelin.model.layer.GeGlu;
import dev.myelin.model.layer.GeluFeedForward;
import dev.myelin.model.layer.Linear.Part;
import dev.myelin.model.layer.Qkv;
import dev.myelin.model.layer.Router;
import java.util.Map;
import java.util.function.BiConsumer;

/**
 * The tensors and states of published models whose architectures Myelin does not run. Stateless and
 * thread-safe.
 */
final class OtherArchitectures {
  private static final Map<String, BiConsumer<Config, ModelBuilder>> ALL =
      Map.of(
          "gemma", OtherArchitectures::gemma,
          "openai-gpt", OtherArchitectures::gpt1,
          "phi3", OtherArchitectures::phi3,
          "qwen3moe", OtherArchitectures::qwen3moe);

  private OtherArchitectures() {}

  static boolean has(String architecture) {
    return ALL.containsKey(architecture);
  }

  /** Takes all tensors and registers all states of a model. */
  static void build(Config c, ModelBuilder m) {
    ALL.get(c.architecture()).accept(c, m);
  }

  /** Gemma (arXiv 2403.08295). */
  private static void gemma(Config c, ModelBuilder m) {
    ends(c, m);
    m.layers(
        c.layers(),
        l -> {
          LayerConfig shape = attention(l, c, Qkv.of(l.weights(), c.width(), layer(l, c)));
          return GeGlu.of(l.weights(), c.width(), shape.feedForward());
        });
  }

  /** GPT (Radford et al. 2018): GPT-2 with the norms behind each half of a layer. */
  private static void gpt1(Config c, ModelBuilder m) {
    m.embedding("token_embd", c.width(), c.vocabulary());
    m.positions("position_embd", c.width(), c.contextLength());
    m.layers(
        c.layers(),
        l -> {
          LayerConfig shape = layer(l, c);
          Qkv.fused(l.weights(), c.width(), shape, Part.BIAS);
          l.kvState(shape);
          l.linear("attn_output", shape.queryWidth(), c.width(), Part.BIAS);
          l.layerNorm("attn_output_norm", c.width(), c.layerNormEpsilon());
          l.layerNorm("layer_output_norm", c.width(), c.layerNormEpsilon());
          return GeluFeedForward.of(l.weights(), c.width(), shape.feedForward(), Part.BIAS);
        });
  }

  /** Phi-3 and Phi-4 (arXiv 2404.14219): fused queries, keys and values, fused gate and up. */
  private static void phi3(Config c, ModelBuilder m) {
    ends(c, m);
    m.layers(
        c.layers(),
        l -> {
          LayerConfig shape = attention(l, c, Qkv.fused(l.weights(), c.width(), layer(l, c)));
          l.linear("ffn_up", c.width(), 2L * shape.feedForward());
          return l.linear("ffn_down", shape.feedForward(), c.width());
        });
  }

  /** Qwen3 with experts (arXiv 2505.09388). */
  private static void qwen3moe(Config c, ModelBuilder m) {
    ends(c, m);
    m.layers(
        c.layers(),
        l -> {
          LayerConfig shape = attention(l, c, Qkv.of(l.weights(), c.width(), layer(l, c)));
          l.rms("attn_q_norm", shape.keySize(), c.rmsEpsilon());
          l.rms("attn_k_norm", shape.keySize(), c.rmsEpsilon());
          Routing routing = c.router(l.layer()).routing(Gating.SOFTMAX, true);
          Router.unbiased(l.weights(), c.width(), routing);
          return Experts.split(
              l.weights(),
              c.width(),
              c.router(l.layer()).ffnWidth(),
              routing.experts(),
              Activation.SILU);
        });
  }

  private static void ends(Config c, ModelBuilder m) {
    Embedding embedding = m.embedding("token_embd", c.width(), c.vocabulary());
    m.rms("output_norm", c.width(), c.rmsEpsilon());
    m.output(embedding);
  }

  /** What follows the projections of attention, and the norms of a layer. */
  private static LayerConfig attention(ModelBuilder l, Config c, Qkv qkv) {
    LayerConfig shape = qkv.shape();
    l.rms("attn_norm", c.width(), c.rmsEpsilon());
    l.kvState(shape, c.windows().sliding(true));
    l.linear("attn_output", shape.queryWidth(), c.width());
    l.rms("ffn_norm", c.width(), c.rmsEpsilon());
    return shape;
  }

  private static LayerConfig layer(ModelBuilder l, Config c) {
    return c.attentionLayer(l.layer());
  }
}
