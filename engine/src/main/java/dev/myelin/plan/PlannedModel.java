package dev.myelin.plan;

import dev.myelin.error.InvalidRequestException;
import dev.myelin.gguf.TensorInfo;
import dev.myelin.inspect.CacheCost;
import dev.myelin.inspect.InspectedTensor;
import dev.myelin.inspect.Inspection;
import dev.myelin.inspect.ModelShape;
import dev.myelin.inspect.TokenCost;
import dev.myelin.quantize.ModelTraits;
import dev.myelin.state.CacheType;
import dev.myelin.state.KvState;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * A model to plan for, described by its shape, by a file, or by its number of parameters alone.
 * Immutable and thread-safe.
 *
 * @param name name for display
 * @param source source of the shape; empty if it was given by the caller
 * @param parameters number of parameters
 * @param active number of parameters used to compute one token, as {@link TokenCost} counts
 * @param tensors empty if only the number of parameters is known
 * @param isFile whether the model is a file, whose tensors have types
 * @param traits the model properties that mixes of types depend on
 * @param cache empty if the shape is not known or has no attention
 * @param context context length of training, 0 if not known
 */
public record PlannedModel(
    String name,
    String source,
    long parameters,
    long active,
    List<TensorInfo> tensors,
    boolean isFile,
    ModelShape.Experts experts,
    ModelTraits traits,
    Optional<CacheShape> cache,
    int context) {

  /** The architecture assumed for shapes; the mixes treat few architectures differently. */
  private static final String ARCHITECTURE = "llama";

  /** Upper bound for which bytes and operations fit into a long. */
  private static final long MAX_PARAMETERS = 1_000_000_000_000_000_000L;

  /** The shape of a KV cache. */
  record CacheShape(int headSize, List<LayerGroup> layers) {
    /**
     * Layers with equal caches.
     *
     * @param count number of layers
     * @param values values per position, keys and values together
     * @param window maximum number of positions; 0 for all
     */
    record LayerGroup(int count, long values, int window) {}

    /**
     * Bytes for {@code positions} positions; empty if the head size is not a multiple of the type's
     * block size.
     */
    OptionalLong bytes(CacheType type, long positions) {
      int block = type.type().blockSize();
      long bytes = 0;
      for (LayerGroup group : layers) {
        if (group.values % block != 0 || headSize % block != 0) {
          return OptionalLong.empty();
        }
        long cells = group.window == 0 ? positions : Math.min(positions, group.window);
        bytes += cells * group.count * type.type().bytes(group.values);
      }
      return OptionalLong.of(bytes);
    }
  }

  /** A model with a given shape. */
  public static PlannedModel of(String name, String source, DecoderShape blueprint) {
    List<TensorInfo> tensors = DecoderTensors.of(blueprint);
    double count = tensors.stream().mapToDouble(TensorInfo::elements).sum();
    if (count > MAX_PARAMETERS) {
      throw new InvalidRequestException(
          name + ": expected at most " + MAX_PARAMETERS + " parameters");
    }
    DecoderShape.Heads heads = blueprint.heads();
    ModelTraits traits =
        ModelTraits.of(
            ARCHITECTURE,
            OptionalInt.of(blueprint.layers()),
            heads.query(),
            heads.keyValue(),
            blueprint.experts().count(),
            tensors);
    return of(
        name,
        source,
        tensors,
        false,
        blueprint.expertCounts(),
        traits,
        Optional.of(cache(blueprint)),
        blueprint.context());
  }

  /** A published model. */
  public static PlannedModel of(KnownModel model) {
    return of(model.name(), model.source(), model.shape());
  }

  /**
   * A checkpoint. Its cache is what its architecture stores; of an architecture that Myelin does
   * not know, that of full attention in every layer.
   */
  public static PlannedModel of(Inspection file) {
    ModelShape shape = file.shape();
    List<TensorInfo> tensors = file.tensors().stream().map(InspectedTensor::info).toList();
    int heads = shape.heads().query().orElse(0);
    ModelTraits traits =
        ModelTraits.of(
            shape.architecture().orElse(""),
            shape.layers(),
            heads,
            shape.heads().keyValue().orElse(heads),
            shape.experts().count(),
            tensors);
    Optional<CacheShape> cache =
        file.cache().map(c -> new CacheShape(shape.heads().size().orElse(0), layerGroups(c)));
    if (file.tensors().isEmpty()) {
      throw new InvalidRequestException(file.path() + ": has no tensors, expected a model");
    }
    return of(
        shape.name().orElse(file.path().getFileName().toString()),
        file.path().toString(),
        tensors,
        true,
        shape.experts(),
        traits,
        cache,
        shape.contextLength().orElse(0));
  }

  private static List<CacheShape.LayerGroup> layerGroups(CacheCost cache) {
    if (cache.states().isEmpty()) {
      return List.of(new CacheShape.LayerGroup(1, cache.values(), 0));
    }
    List<CacheShape.LayerGroup> groups = new ArrayList<>();
    for (KvState state : cache.states()) {
      groups.add(new CacheShape.LayerGroup(1, state.width(), state.window().size()));
    }
    return groups;
  }

  /**
   * A model of which only the number of parameters is known.
   *
   * @param active number of parameters used per token
   */
  public static PlannedModel of(long parameters, long active) {
    if (parameters < 1 || parameters > MAX_PARAMETERS || active < 1 || active > parameters) {
      throw new InvalidRequestException(
          "active = %s: expected 1 to the %s parameters".formatted(active, parameters));
    }
    return new PlannedModel(
        "a model",
        "",
        parameters,
        active,
        List.of(),
        false,
        new ModelShape.Experts(0, 0, 0),
        ModelTraits.of("", OptionalInt.empty(), 0, 0, 0, List.of()),
        Optional.empty(),
        0);
  }

  private static PlannedModel of(
      String name,
      String source,
      List<TensorInfo> tensors,
      boolean asItIs,
      ModelShape.Experts experts,
      ModelTraits traits,
      Optional<CacheShape> cache,
      int context) {
    long parameters = tensors.stream().mapToLong(TensorInfo::elements).sum();
    long active = activity(tensors, experts).active();
    return new PlannedModel(
        name, source, parameters, active, tensors, asItIs, experts, traits, cache, context);
  }

  static TokenCost activity(List<TensorInfo> tensors, ModelShape.Experts experts) {
    return TokenCost.of(InspectedTensor.ofAll(tensors), experts, true);
  }

  private static CacheShape cache(DecoderShape shape) {
    DecoderShape.Heads heads = shape.heads();
    DecoderShape.Mla mla = shape.mla();
    long values = mla == null ? 2L * heads.keyValue() * heads.size() : mla.kvRank() + mla.ropeDim();
    int size = mla == null ? heads.size() : mla.kvRank() + mla.ropeDim();
    DecoderShape.SlidingWindow window = shape.window();
    int globalLayers =
        window.size() == 0
            ? shape.layers()
            : window.globalEvery() == 0 ? 0 : shape.layers() / window.globalEvery();
    return new CacheShape(
        size,
        List.of(
            new CacheShape.LayerGroup(globalLayers, values, 0),
            new CacheShape.LayerGroup(shape.layers() - globalLayers, values, window.size())));
  }
}
