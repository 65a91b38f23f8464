package dev.myelin.model.architecture;

import dev.myelin.graph.RopeParameters;
import dev.myelin.model.build.Architecture;
import dev.myelin.model.build.Network;
import dev.myelin.model.build.WeightSource;
import dev.myelin.model.config.HyperparameterReader;
import dev.myelin.model.config.Hyperparameters;
import dev.myelin.model.layer.Attention;
import dev.myelin.model.layer.Decoder;
import dev.myelin.model.layer.FeedForward;
import dev.myelin.model.layer.Linear;
import dev.myelin.model.layer.MoeFeedForward;
import dev.myelin.model.layer.Norm;
import dev.myelin.model.layer.QkvProjection;
import dev.myelin.model.layer.Rope;
import dev.myelin.model.layer.RotaryDecoder;

/**
 * Llama (Touvron et al. 2023), and Mixtral's mixture of experts, which has the same architecture
 * name.
 */
public final class Llama implements Architecture {
  @Override
  public String name() {
    return "llama";
  }

  @Override
  public Hyperparameters hyperparameters(HyperparameterReader in) {
    return RotaryDecoder.hyperparameters(in, RopeParameters.Type.NORMAL);
  }

  @Override
  public Network network(Hyperparameters hp, WeightSource w) {
    Rope rope = Rope.withFactors(hp, w);
    return RotaryDecoder.of(
        hp, w, Linear.Epilogue.SCALE, i -> layer(hp, w, rope, "blk." + i + "."));
  }

  private static Decoder.Layer layer(Hyperparameters hp, WeightSource w, Rope rope, String layer) {
    int width = hp.width();
    Hyperparameters.Attention heads = hp.attention();
    return new Decoder.Layer(
        Norm.rms(w, layer + "attn_norm", width, hp.normEpsilon()),
        new Attention(
            QkvProjection.of(w, layer, width, heads),
            Linear.of(
                w,
                layer + "attn_output",
                heads.queryWidth(),
                width,
                Linear.Epilogue.SCALE_THEN_BIAS),
            null,
            null,
            rope,
            RotaryDecoder.attentionScale(hp)),
        Norm.rms(w, layer + "ffn_norm", width, hp.normEpsilon()),
        hp.experts().isPresent()
            ? MoeFeedForward.of(w, layer, width, hp.feedForward(), hp.experts())
            : FeedForward.Gated.of(
                w, layer, width, hp.feedForward(), Linear.Epilogue.BIAS_THEN_SCALE));
  }
}
