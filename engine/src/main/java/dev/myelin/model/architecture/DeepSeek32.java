package dev.myelin.model.architecture;

import dev.myelin.graph.RopeParameters;
import dev.myelin.graph.RopeParameters.Type;
import dev.myelin.graph.Tensor;
import dev.myelin.model.build.Architecture;
import dev.myelin.model.build.ModelBuilder;
import dev.myelin.model.build.Network;
import dev.myelin.model.build.Sample;
import dev.myelin.model.config.Config;
import dev.myelin.model.config.IndexerConfig;
import dev.myelin.model.config.MlaConfig;
import dev.myelin.model.layer.Embedding;
import dev.myelin.model.layer.FeedForward;
import dev.myelin.model.layer.Head;
import dev.myelin.model.layer.Indexer;
import dev.myelin.model.layer.LatentAttention;
import dev.myelin.model.layer.Norm;
import dev.myelin.model.layer.Rope;
import dev.myelin.pass.Output;
import java.util.List;

/**
 * DeepSeek-V3.2 (2025): {@link DeepSeek2 DeepSeek-V3} with sparse attention. An indexer selects the
 * positions that a token sees.
 */
public final class DeepSeek32 implements Architecture {
  private record Layer(
      Norm attnNorm, LatentAttention attention, Indexer indexer, Norm ffnNorm, FeedForward ffn) {}

  @Override
  public String title() {
    return "DeepSeek-V3.2 (2025): latent attention to positions that an indexer selects";
  }

  @Override
  public Network build(Config c, ModelBuilder m) {
    c.requireActivation("silu", "swish", "swiglu");
    int width = c.width();
    float epsilon = c.rmsEpsilon();
    MlaConfig mla = MlaConfig.of(c, true);
    if (!mla.isAbsorbed()) {
      throw c.error("attention.key_length_mla", "the size of a key: the architecture is latent");
    }
    IndexerConfig indexer = IndexerConfig.of(c, mla);
    RopeParameters parameters = c.rope().withLogMultiplier(Type.NORMAL, mla.ropeSize(), 1f);
    Rope rope = Rope.of(parameters);
    Rope indexerRope = Rope.of(c.rope().withLogMultiplier(Type.NEOX, mla.ropeSize(), 1f));
    float scale = mla.attentionScale(c, parameters);
    Embedding embedding = m.embedding("token_embd", width, c.vocabulary());
    Head output = new Head(m.rms("output_norm", width, epsilon), m.output(embedding));
    List<Layer> layers =
        m.layers(
            c.decoderLayers(),
            l ->
                new Layer(
                    l.rms("attn_norm", width, epsilon),
                    l.latentAttention(width, epsilon, mla, rope, scale),
                    l.indexer(width, mla.queryRank(), indexer, indexerRope),
                    l.rms("ffn_norm", width, epsilon),
                    DeepSeek2.feedForward(l, c, c.router(l.layer()).requiredGating())));
    m.ignoreBlocks(c.decoderLayers(), c.layers());
    Layer last = layers.getLast();
    return Network.main(
        layers.size(),
        pass -> {
          Tensor x = embedding.of(pass.tokens());
          for (Layer l : layers) {
            pass.layerInput(x);
            Tensor input = l.attnNorm.of(x);
            LatentAttention.Latent latent = l.attention.project(input);
            Tensor selected = l.indexer.select(pass, input, latent.queries());
            Tensor attention = l.attention.attend(pass, latent, null, selected);
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

  @Override
  public List<Sample> samples() {
    // with few heads, many scores would be 0 at the limit, where the order is not defined
    Sample sparse =
        DeepSeek2.sample("top 24")
            .with("expert_gating_func", 2)
            .with("attention.indexer.head_count", 16)
            .with("attention.indexer.key_length", 64)
            .with("attention.indexer.top_k", 24);
    return List.of(
        sparse,
        DeepSeek2.yarn(sparse.named("top 100, groups, bias, yarn"))
            .with("attention.indexer.top_k", 100)
            .withTensors("output.weight", ".exp_probs_b.bias")
            .with("expert_group_count", 4)
            .with("expert_group_used_count", 2)
            .with("expert_weights_norm", true)
            .with("expert_weights_scale", 2.5f)
            .with("block_count", 4)
            .with("nextn_predict_layers", 1));
  }
}
