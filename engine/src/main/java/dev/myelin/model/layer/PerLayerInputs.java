package dev.myelin.model.layer;

import dev.myelin.graph.GraphBuilder;
import dev.myelin.graph.Tensor;
import dev.myelin.model.weights.Weights;

/**
 * An input of its own for each layer (Gemma 3n): an embedding of the token, plus a projection of
 * the embedding of the main stream.
 *
 * @param embedding [size * layers, vocabulary]
 * @param projection [width, size * layers]
 * @param norm of each layer's part of the projection
 * @param size values for each layer
 */
public record PerLayerInputs(
    Embedding embedding, Linear projection, Norm norm, int size, int layers) {
  /**
   * Takes {@code per_layer_token_embd}, {@code per_layer_model_proj}, {@code per_layer_proj_norm}.
   */
  public static PerLayerInputs of(
      Weights w, int width, int size, int layers, int vocabulary, float epsilon) {
    long all = (long) size * layers;
    return new PerLayerInputs(
        Embedding.of(w, "per_layer_token_embd", all, vocabulary),
        Linear.of(w, "per_layer_model_proj", width, all, Linear.Part.NO_SCALE),
        Norm.rms(w, "per_layer_proj_norm", size, epsilon),
        size,
        layers);
  }

  /**
   * The inputs of all layers: [size, tokens, layers].
   *
   * @param x the scaled embedding [width, tokens]
   * @param tokens i32 [tokens]
   */
  public Tensor of(Tensor x, Tensor tokens) {
    GraphBuilder g = x.graph();
    long count = x.dim(1);
    Tensor embedded = g.reshape3d(embedding.of(tokens), size, layers, count);
    embedded = g.scale(embedded, (float) Math.sqrt(size));
    Tensor projected = g.scale(projection.of(x), (float) (1 / Math.sqrt(x.dim(0))));
    projected = norm.of(g.reshape3d(projected, size, layers, count));
    Tensor sum = g.scale(g.add(projected, embedded), (float) (1 / Math.sqrt(2)));
    return g.contiguous(g.transpose12(sum));
  }

  /** The input of a layer: [size, tokens]. */
  public Tensor layer(Tensor inputs, int layer) {
    return AltUp.part(inputs, layer);
  }
}
