package dev.myelin.model.architecture;

import dev.myelin.graph.Tensor;
import dev.myelin.model.build.Architecture;
import dev.myelin.model.build.Network;
import dev.myelin.model.build.WeightSource;
import dev.myelin.model.config.HyperparameterReader;
import dev.myelin.model.config.Hyperparameters;
import dev.myelin.model.config.Hyperparameters.Experts;
import dev.myelin.model.config.Hyperparameters.RopeScaling;
import dev.myelin.model.layer.Attention;
import dev.myelin.model.layer.Decoder;
import dev.myelin.model.layer.Embedding;
import dev.myelin.model.layer.FeedForward;
import dev.myelin.model.layer.Linear;
import dev.myelin.model.layer.Norm;
import dev.myelin.model.layer.QkvProjection;
import dev.myelin.model.layer.RotaryDecoder;
import java.util.ArrayList;
import java.util.List;

/** GPT-2 (Radford et al. 2019): learned positions, layer norms, a bias on every linear layer. */
public final class Gpt2 implements Architecture {
  @Override
  public String name() {
    return "gpt2";
  }

  @Override
  public Hyperparameters hyperparameters(HyperparameterReader in) {
    return new Hyperparameters(
        in.architecture(),
        in.layers(),
        in.width(),
        in.contextLength(),
        in.feedForward(),
        in.vocabulary(),
        in.positiveFloat("attention.layer_norm_epsilon"),
        in.attention(),
        Experts.NONE,
        null,
        RopeScaling.NONE);
  }

  @Override
  public Network network(Hyperparameters hp, WeightSource w) {
    int width = hp.width();
    Embedding tokens = Embedding.of(w, "token_embd", width, hp.vocabulary());
    Tensor positions = w.matrix("position_embd.weight", width, hp.contextLength());
    Norm norm = Norm.layer(w, "output_norm", width, hp.normEpsilon());
    Linear output = RotaryDecoder.output(hp, w, tokens, Linear.Epilogue.SCALE);
    List<Decoder.Layer> layers = new ArrayList<>();
    for (int i = 0; i < hp.layers(); i++) {
      layers.add(layer(hp, w, "blk." + i + "."));
    }
    return new Decoder(tokens, positions, layers, norm, output);
  }

  private static Decoder.Layer layer(Hyperparameters hp, WeightSource w, String layer) {
    int width = hp.width();
    Hyperparameters.Attention heads = hp.attention();
    for (String name : List.of("attn_qkv", "attn_output", "ffn_up", "ffn_down")) {
      w.requirePresent(layer + name + ".bias");
    }
    return new Decoder.Layer(
        Norm.layer(w, layer + "attn_norm", width, hp.normEpsilon()),
        new Attention(
            QkvProjection.Fused.of(w, layer, width, heads),
            Linear.of(
                w,
                layer + "attn_output",
                heads.queryWidth(),
                width,
                Linear.Epilogue.SCALE_THEN_BIAS),
            null,
            null,
            null,
            RotaryDecoder.attentionScale(hp)),
        Norm.layer(w, layer + "ffn_norm", width, hp.normEpsilon()),
        FeedForward.Gelu.of(w, layer, width, hp.feedForward()));
  }
}
