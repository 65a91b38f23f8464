package dev.myelin.model.build;

import dev.myelin.cache.KvState;
import dev.myelin.graph.Tensor;
import dev.myelin.model.config.LayerConfig;
import dev.myelin.model.layer.Embedding;
import dev.myelin.model.layer.Linear;
import dev.myelin.model.layer.Norm;
import dev.myelin.model.layer.Qkv;
import dev.myelin.model.layer.SwiGlu;
import dev.myelin.model.weights.WeightSource;
import dev.myelin.model.weights.Weights;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.function.Function;

/**
 * Supplies an architecture with the tensors of a model, by name and shape, and registers the states
 * that the model needs. A builder of a layer has the prefix {@code blk.INDEX.} in front of all
 * names.
 */
public final class ModelBuilder {
  private final Weights weights;
  private final int layer;
  private final Registered registered;

  /** What the builders of one model register together. */
  private static final class Registered {
    final List<KvState> states = new ArrayList<>();
    OptionalInt maxPositions = OptionalInt.empty();
  }

  public ModelBuilder(WeightSource source) {
    this(new Weights(source, ""), 0, new Registered());
  }

  private ModelBuilder(Weights weights, int layer, Registered registered) {
    this.weights = weights;
    this.layer = layer;
    this.registered = registered;
  }

  /** Builds the layers in order. */
  public <L> List<L> layers(int count, Function<ModelBuilder, L> layer) {
    List<L> layers = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      layers.add(layer.apply(new ModelBuilder(weights.in("blk." + i + "."), i, registered)));
    }
    return List.copyOf(layers);
  }

  /** The number of the layer, from 0. */
  public int layer() {
    return layer;
  }

  /** The tensors, for layers of other kinds. */
  public Weights weights() {
    return weights;
  }

  /** Registers keys and values of every position. */
  public KvState kvState(LayerConfig shape) {
    List<KvState> states = registered.states;
    KvState state = new KvState(states.size(), shape.kvHeads(), shape.headSize());
    states.add(state);
    return state;
  }

  /** The states registered so far. */
  public List<KvState> states() {
    return List.copyOf(registered.states);
  }

  /**
   * A table of learned positions [width, count]: {@code NAME.weight}. No context is longer than
   * count.
   */
  public Tensor positions(String name, long width, int count) {
    registered.maxPositions = OptionalInt.of(count);
    return weights.matrix(name + ".weight", width, count);
  }

  /** The number of learned positions, if the model has them. */
  public OptionalInt maxPositions() {
    return registered.maxPositions;
  }

  public Embedding embedding(String name, long width, long rows) {
    return Embedding.of(weights, name, width, rows);
  }

  public Norm rms(String name, long width, float epsilon) {
    return Norm.rms(weights, name, width, epsilon);
  }

  public Norm layerNorm(String name, long width, float epsilon) {
    return Norm.layer(weights, name, width, epsilon);
  }

  public Linear linear(String name, long in, long out, Linear.Part... parts) {
    return Linear.of(weights, name, in, out, parts);
  }

  /** The matrix {@code output}, or the embedding if the file ties them. */
  public Linear output(Embedding embedding, Linear.Part... parts) {
    return weights.has("output.weight")
        ? linear("output", embedding.weight().dim(0), embedding.weight().dim(1), parts)
        : Linear.tied(weights, embedding.weight(), "output", parts);
  }

  public Qkv qkv(long width, LayerConfig shape, Linear.Part... parts) {
    return Qkv.of(weights, width, shape, parts);
  }

  public SwiGlu swiglu(long width, long ffnWidth, Linear.Part... parts) {
    return SwiGlu.of(weights, width, ffnWidth, parts);
  }
}
