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
import dev.myelin.model.layer.Norm;
import dev.myelin.model.layer.QkvProjection;
import dev.myelin.model.layer.Rope;
import dev.myelin.model.layer.RotaryDecoder;

/** Qwen2 and Qwen2.5 (Yang et al. 2024): biases on queries, keys and values. */
public final class Qwen2 implements Architecture {
  @Override
  public String name() {
    return "qwen2";
  }

  @Override
  public Hyperparameters hyperparameters(HyperparameterReader in) {
    return RotaryDecoder.hyperparameters(in, RopeParameters.Type.NEOX);
  }

  @Override
  public Network network(Hyperparameters hp, WeightSource w) {
    Rope rope = Rope.withoutFactors(hp);
    return RotaryDecoder.of(
        hp, w, Linear.Epilogue.SCALE_THEN_BIAS, i -> layer(hp, w, rope, "blk." + i + "."));
  }

  private static Decoder.Layer layer(Hyperparameters hp, WeightSource w, Rope rope, String layer) {
    int width = hp.width();
    Hyperparameters.Attention heads = hp.attention();
    return new Decoder.Layer(
        Norm.rms(w, layer + "attn_norm", width, hp.normEpsilon()),
        new Attention(
            QkvProjection.of(w, layer, width, heads),
            Linear.of(w, layer + "attn_output", heads.queryWidth(), width, Linear.Epilogue.SCALE),
            null,
            null,
            rope,
            RotaryDecoder.attentionScale(hp)),
        Norm.rms(w, layer + "ffn_norm", width, hp.normEpsilon()),
        FeedForward.Gated.of(w, layer, width, hp.feedForward(), Linear.Epilogue.NONE));
  }
}
