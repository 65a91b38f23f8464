package dev.myelin.plan;

import dev.myelin.error.InvalidRequestException;
import dev.myelin.gguf.TensorInfo;
import dev.myelin.inspect.InspectedTensor;
import dev.myelin.inspect.Inspection;
import dev.myelin.inspect.ModelShape;
import dev.myelin.inspect.TokenCost;
import dev.myelin.quantize.ModelTraits;
import dev.myelin.state.ModelStates;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * A model to plan for, described by metadata keys, by a file, or by its number of parameters alone.
 * Immutable and thread-safe.
 *
 * @param name name for display
 * @param source source of the shape; empty if it was given by the caller
 * @param parameters number of parameters
 * @param active number of parameters used to compute one token, as {@link TokenCost} counts
 * @param tensors empty if only the number of parameters is known
 * @param isFile whether the model is a file, whose tensors have types
 * @param traits the model properties that mixes of types depend on
 * @param cache empty if the shape is not known
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

  /** Upper bound for which bytes and operations fit into a long. */
  private static final long MAX_PARAMETERS = 1_000_000_000_000_000_000L;

  /**
   * A model without a file. Its tensors and states are those that its architecture takes.
   *
   * @throws InvalidRequestException if the architecture is not known, or the keys contradict each
   *     other
   */
  public static PlannedModel of(String name, String source, ModelKeys keys) {
    DescribedModel model = DescribedModel.of(keys);
    double count = model.tensors().stream().mapToDouble(TensorInfo::elements).sum();
    if (count > MAX_PARAMETERS) {
      throw new InvalidRequestException(
          name + ": expected at most " + MAX_PARAMETERS + " parameters");
    }
    return of(
        name,
        source,
        model.tensors(),
        false,
        model.experts(),
        model.traits(),
        Optional.of(model.cache()),
        model.context());
  }

  /** A published model. */
  public static PlannedModel of(KnownModel model) {
    return of(model.name(), model.source(), model.keys());
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
        cache(file),
        shape.contextLength().orElse(0));
  }

  private static Optional<CacheShape> cache(Inspection file) {
    if (file.states().isPresent()) {
      ModelStates states = file.states().get();
      return Optional.of(CacheShape.of(states.kv(), states.recurrentBytes()));
    }
    int size = file.shape().heads().size().orElse(0);
    return file.cache()
        .map(c -> new CacheShape.CachedLayer(size, size, c.values(), 0))
        .map(layer -> new CacheShape(List.of(layer), 0));
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
}
