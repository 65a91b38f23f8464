package dev.myelin.model.layer;

import dev.myelin.graph.RopeParameters;
import dev.myelin.model.build.WeightSource;
import dev.myelin.model.config.HyperparameterReader;
import dev.myelin.model.config.Hyperparameters;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;

/** Shared code of Llama-like decoders: RMS norms, rotary positions, an optionally tied output. */
public final class RotaryDecoder {
  private RotaryDecoder() {}

  /** Reads the hyperparameters of a Llama-like decoder. */
  public static Hyperparameters hyperparameters(
      HyperparameterReader in, RopeParameters.Type ropeType) {
    Hyperparameters.Attention attention = in.attention();
    return new Hyperparameters(
        in.architecture(),
        in.layers(),
        in.width(),
        in.contextLength(),
        in.feedForward(),
        in.vocabulary(),
        in.positiveFloat("attention.layer_norm_rms_epsilon"),
        attention,
        in.experts(),
        in.rope(ropeType, attention),
        in.ropeScaling());
  }

  /** Builds embedding, layers, norm and output; {@code layer} builds each layer. */
  public static Decoder of(
      Hyperparameters hp,
      WeightSource w,
      Linear.Epilogue epilogue,
      IntFunction<Decoder.Layer> layer) {
    Embedding embedding = Embedding.of(w, "token_embd", hp.width(), hp.vocabulary());
    Norm norm = Norm.rms(w, "output_norm", hp.width(), hp.normEpsilon());
    Linear output = output(hp, w, embedding, epilogue);
    List<Decoder.Layer> layers = new ArrayList<>();
    for (int i = 0; i < hp.layers(); i++) {
      layers.add(layer.apply(i));
    }
    return new Decoder(embedding, null, layers, norm, output);
  }

  /** The file's output matrix, or the embedding if they are tied. */
  public static Linear output(
      Hyperparameters hp, WeightSource w, Embedding embedding, Linear.Epilogue epilogue) {
    return w.has("output.weight")
        ? Linear.of(w, "output", hp.width(), hp.vocabulary(), epilogue)
        : Linear.tied(w, embedding.weight(), "output", epilogue);
  }

  /** 1 / sqrt(headSize), the default attention scale. */
  public static float attentionScale(Hyperparameters hp) {
    return (float) (1.0 / Math.sqrt(hp.attention().headSize()));
  }
}
