package dev.myelin.model.layer;

import dev.myelin.graph.RopeParameters;
import dev.myelin.model.build.WeightSource;
import dev.myelin.model.config.HyperparameterReader;
import dev.myelin.model.config.Hyperparameters;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;

/** What the family of Llama has in common: RMS norms, rotary positions, an output often tied. */
public final class RotaryDecoder {
  private RotaryDecoder() {}

  /** Reads the hyperparameters that all of the family have. */
  public static Hyperparameters hyperparameters(
      HyperparameterReader in, RopeParameters.Type order) {
    Hyperparameters.Attention attention = in.attention();
    return new Hyperparameters(
        in.architecture(),
        in.layers(),
        in.width(),
        in.contextLength(),
        in.feedForward(),
        in.vocabulary(),
        in.positive("attention.layer_norm_rms_epsilon"),
        attention,
        in.experts(),
        in.rope(order, attention),
        in.ropeScaling());
  }

  /** Embedding, layers, norm and output; {@code layer} makes each layer. */
  public static Decoder of(
      Hyperparameters hp, WeightSource w, Linear.Extras output, IntFunction<Decoder.Layer> layer) {
    Embedding embedding = Embedding.of(w, "token_embd", hp.width(), hp.vocabulary());
    Norm norm = Norm.rms(w, "output_norm", hp.width(), hp.normEpsilon());
    Linear head = output(hp, w, embedding, output);
    List<Decoder.Layer> layers = new ArrayList<>();
    for (int i = 0; i < hp.layers(); i++) {
      layers.add(layer.apply(i));
    }
    return new Decoder(embedding, null, layers, norm, head);
  }

  /** The file's output matrix, or the embedding again. */
  public static Linear output(
      Hyperparameters hp, WeightSource w, Embedding embedding, Linear.Extras extras) {
    return w.has("output.weight")
        ? Linear.of(w, "output", hp.width(), hp.vocabulary(), extras)
        : Linear.tied(w, embedding.weight(), "output", extras);
  }

  /** 1 / sqrt(headSize), the usual scale of attention. */
  public static float attentionScale(Hyperparameters hp) {
    return (float) (1.0 / Math.sqrt(hp.attention().headSize()));
  }
}
