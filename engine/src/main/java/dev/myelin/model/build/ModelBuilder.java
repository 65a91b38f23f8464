package dev.myelin.model.build;

import dev.myelin.graph.Tensor;
import dev.myelin.model.config.IndexerConfig;
import dev.myelin.model.config.LayerConfig;
import dev.myelin.model.config.MlaConfig;
import dev.myelin.model.config.Routing;
import dev.myelin.model.layer.Activation;
import dev.myelin.model.layer.Embedding;
import dev.myelin.model.layer.Experts;
import dev.myelin.model.layer.Indexer;
import dev.myelin.model.layer.LatentAttention;
import dev.myelin.model.layer.Linear;
import dev.myelin.model.layer.Norm;
import dev.myelin.model.layer.Qkv;
import dev.myelin.model.layer.Rope;
import dev.myelin.model.layer.Router;
import dev.myelin.model.layer.SharedExperts;
import dev.myelin.model.layer.SwiGlu;
import dev.myelin.model.weights.TensorSource;
import dev.myelin.model.weights.Weights;
import dev.myelin.state.KvState;
import dev.myelin.state.KvState.Scope;
import dev.myelin.state.ModelStates;
import dev.myelin.state.RecurrentState;
import dev.myelin.state.Window;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.function.Function;

/**
 * Supplies an architecture with the tensors of a model, by name and shape, and registers the states
 * that the model needs. A builder of a layer has the prefix {@code blk.INDEX.} in front of all
 * names. The tensors are those of a file, mapped or copied for training, or descriptions of tensors
 * without a file.
 */
public final class ModelBuilder {
  private final Weights weights;
  private final int layer;
  private final Registered registered;

  /** What the builders of one model register together. */
  private static final class Registered {
    final List<KvState> kv = new ArrayList<>();
    final List<RecurrentState> recurrent = new ArrayList<>();
    OptionalInt maxPositions = OptionalInt.empty();
  }

  public ModelBuilder(TensorSource source) {
    this(new Weights(source, ""), 0, new Registered());
  }

  private ModelBuilder(Weights weights, int layer, Registered registered) {
    this.weights = weights;
    this.layer = layer;
    this.registered = registered;
  }

  /** Builds the layers {@code blk.0}, {@code blk.1} ... in order. */
  public <L> List<L> layers(int count, Function<ModelBuilder, L> layer) {
    return layers("", count, layer);
  }

  /** Builds the layers {@code PREFIXblk.0}, {@code PREFIXblk.1} ... in order. */
  public <L> List<L> layers(String prefix, int count, Function<ModelBuilder, L> layer) {
    List<L> layers = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      Weights inLayer = weights.in(prefix + "blk." + i + ".");
      layers.add(layer.apply(new ModelBuilder(inLayer, i, registered)));
    }
    return List.copyOf(layers);
  }

  /**
   * Ignores the blocks {@code blk.FROM} to before {@code blk.TO}: those that predict further tokens
   * (MTP), without which the others compute the same.
   */
  public void ignoreBlocks(int from, int to) {
    for (int i = from; i < to; i++) {
      weights.source().ignoreAll(weights.prefix() + "blk." + i + ".");
    }
  }

  /** The number of the layer, from 0. */
  public int layer() {
    return layer;
  }

  /** The tensors, for layers of other kinds. */
  public Weights weights() {
    return weights;
  }

  /** Whether the model has a tensor. */
  public boolean has(String name) {
    return weights.has(name);
  }

  // --- states

  /** Registers keys and values of every position. */
  public KvState kvState(LayerConfig shape) {
    return kvState(shape, Window.NONE);
  }

  /** Registers keys and values of the positions in a window. */
  public KvState kvState(LayerConfig shape, Window window) {
    return kvState(
        shape.kvHeads(), shape.keySize(), shape.valueSize(), window, Scope.SEQUENCE, false);
  }

  /** Registers keys whose first values are the values: {@link KvState#valuesInKeys}. */
  public KvState latentState(int keySize, int valueSize, Window window) {
    return kvState(1, keySize, valueSize, window, Scope.SEQUENCE, true);
  }

  /** Registers keys without values, such as an indexer's. */
  public KvState keyState(int kvHeads, int keySize, Window window) {
    return kvState(kvHeads, keySize, 0, window, Scope.SEQUENCE, false);
  }

  /**
   * Registers keys and values of a scope. Those that last for one pass share memory: a layer reads
   * them before the next one writes its own.
   */
  public KvState kvState(LayerConfig shape, Window window, Scope scope) {
    return kvState(shape.kvHeads(), shape.keySize(), shape.valueSize(), window, scope, false);
  }

  private KvState kvState(
      int kvHeads, int keySize, int valueSize, Window window, Scope scope, boolean valuesInKeys) {
    List<KvState> all = registered.kv;
    KvState state =
        new KvState(all.size(), kvHeads, keySize, valueSize, window, scope, valuesInKeys);
    if (scope == Scope.PASS) {
      for (KvState other : all) {
        if (other.isLike(state)) {
          return other;
        }
      }
    }
    all.add(state);
    return state;
  }

  /** Registers a recurrent state of so many values. */
  public RecurrentState recurrentState(long elements) {
    List<RecurrentState> all = registered.recurrent;
    RecurrentState state = new RecurrentState(all.size(), elements);
    all.add(state);
    return state;
  }

  /** The states registered so far. */
  public ModelStates states() {
    return new ModelStates(registered.kv, registered.recurrent);
  }

  /** The number of learned positions, if the model has them. */
  public OptionalInt maxPositions() {
    return registered.maxPositions;
  }

  // --- tensors

  /**
   * A table of learned positions [width, count]: {@code NAME.weight}. No context is longer than
   * count.
   */
  public Tensor positions(String name, long width, int count) {
    registered.maxPositions = OptionalInt.of(count);
    return weights.matrix(name + ".weight", width, count);
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

  /** A router: {@link Router#of}. */
  public Router router(long width, Routing routing, Linear.Part... parts) {
    return Router.of(weights, width, routing, parts);
  }

  /** The networks of experts, fused or not: {@link Experts#of}. */
  public Experts experts(
      long width, long ffnWidth, int count, Activation activation, Linear.Part... parts) {
    return Experts.of(weights, width, ffnWidth, count, activation, parts);
  }

  /** The experts that every token uses: {@link SharedExperts#of}. */
  public SharedExperts sharedExperts(
      long width, long ffnWidth, Activation activation, Linear.Part... parts) {
    return SharedExperts.of(weights, width, ffnWidth, activation, parts);
  }

  /** Latent attention over a state of its own: {@link LatentAttention#of}. */
  public LatentAttention latentAttention(
      long width, float epsilon, MlaConfig c, Rope rope, float scale) {
    KvState state =
        c.isAbsorbed()
            ? latentState(c.latentSize(), c.kvRank(), Window.NONE)
            : kvState(LatentAttention.expandedShape(c));
    return LatentAttention.of(weights, width, epsilon, c, rope, state, scale);
  }

  /** The indexer of sparse attention, over a state of its own: {@link Indexer#of}. */
  public Indexer indexer(long width, long queryRank, IndexerConfig c, Rope rope) {
    return Indexer.of(weights, width, queryRank, c, rope, keyState(1, c.size(), Window.NONE));
  }
}
