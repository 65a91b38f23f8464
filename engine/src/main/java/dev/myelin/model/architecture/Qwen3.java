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

/** Qwen3, dense (Yang et al. 2025): a norm on each query and key head before RoPE. */
public final class Qwen3 implements Architecture {
  @Override
  public String name() {
    return "qwen3";
  }

  @Override
  public Hyperparameters hyperparameters(HyperparameterReader in) {
    return RotaryDecoder.hyperparameters(in, RopeParameters.Type.NEOX);
  }

  @Override
  public Network network(Hyperparameters hp, WeightSource w) {
    Rope rope = Rope.withoutFactors(hp);
    return RotaryDecoder.of(
        hp, w, Linear.Epilogue.SCALE, i -> layer(hp, w, rope, "blk." + i + "."));
  }

  private static Decoder.Layer layer(Hyperparameters hp, WeightSource w, Rope rope, String layer) {
    int width = hp.width();
    float epsilon = hp.normEpsilon();
    Hyperparameters.Attention heads = hp.attention();
    return new Decoder.Layer(
        Norm.rms(w, layer + "attn_norm", width, epsilon),
        new Attention(
            QkvProjection.of(w, layer, width, heads),
            Linear.of(w, layer + "attn_output", heads.queryWidth(), width, Linear.Epilogue.SCALE),
            Norm.rms(w, layer + "attn_q_norm", heads.headSize(), epsilon),
            Norm.rms(w, layer + "attn_k_norm", heads.headSize(), epsilon),
            rope,
            RotaryDecoder.attentionScale(hp)),
        Norm.rms(w, layer + "ffn_norm", width, epsilon),
        FeedForward.Gated.of(w, layer, width, hp.feedForward(), Linear.Epilogue.SCALE_LAST));
  }
}
