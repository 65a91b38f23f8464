package dev.myelin.plan;

import dev.myelin.cache.CacheType;
import dev.myelin.error.InvalidRequestException;
import dev.myelin.gguf.TensorInfo;
import dev.myelin.inspect.InspectedTensor;
import dev.myelin.inspect.Inspection;
import dev.myelin.inspect.ModelShape;
import dev.myelin.inspect.TokenCost;
import dev.myelin.quantize.ModelTraits;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * A model to plan for: by its shape, by a file, or by its number of parameters alone.
 *
 * @param name for people
 * @param source where its shape stands; empty where it was given by hand
 * @param parameters all of them
 * @param active those that take part in computing one token, as {@link TokenCost} counts
 * @param tensors empty where only the number of parameters is known
 * @param asItIs whether the tensors' types are those of a file, rather than to be chosen
 * @param facts what mixes of types go by
 * @param cache empty where the shape is not known, or has no attention
 * @param context positions it was trained for, 0 where that is not known
 */
public record Subject(
    String name,
    String source,
    long parameters,
    long active,
    List<TensorInfo> tensors,
    boolean asItIs,
    ModelShape.Experts experts,
    ModelTraits facts,
    Optional<CacheShape> cache,
    int context) {

  /** The mixes treat few architectures differently, and a shape tells none. */
  private static final String ARCHITECTURE = "llama";

  /** Keeps their bytes and operations within a long. */
  private static final long MOST_PARAMETERS = 1_000_000_000_000_000_000L;

  /** A cache, by its layers. */
  record CacheShape(int headSize, List<Layers> layers) {
    /**
     * Layers that keep the same.
     *
     * @param values kept for a position, keys and values together
     * @param window how many positions they keep at most; 0 for all
     */
    record Layers(int count, long values, int window) {}

    /** Bytes for so many positions; empty where the type's blocks do not divide the heads. */
    OptionalLong bytes(CacheType type, long positions) {
      int block = type.type().blockSize();
      long bytes = 0;
      for (Layers some : layers) {
        if (some.values % block != 0 || headSize % block != 0) {
          return OptionalLong.empty();
        }
        long kept = some.window == 0 ? positions : Math.min(positions, some.window);
        bytes += kept * some.count * type.type().bytes(some.values);
      }
      return OptionalLong.of(bytes);
    }
  }

  /** A model of that shape. */
  public static Subject of(String name, String source, Blueprint blueprint) {
    List<TensorInfo> tensors = BlueprintTensors.of(blueprint);
    double count = tensors.stream().mapToDouble(TensorInfo::elements).sum();
    if (count > MOST_PARAMETERS) {
      throw new InvalidRequestException(
          name + ": expected at most " + MOST_PARAMETERS + " parameters");
    }
    Blueprint.Heads heads = blueprint.heads();
    ModelTraits facts =
        ModelTraits.of(
            ARCHITECTURE,
            OptionalInt.of(blueprint.layers()),
            heads.query(),
            heads.keyValue(),
            blueprint.experts().present(),
            tensors);
    return of(
        name,
        source,
        tensors,
        false,
        blueprint.used(),
        facts,
        Optional.of(cache(blueprint)),
        blueprint.context());
  }

  /** A published model. */
  public static Subject of(KnownModel model) {
    return of(model.name(), model.source(), model.blueprint());
  }

  /** A checkpoint. Its windows are not told layer by layer: the cache is that of whole layers. */
  public static Subject of(Inspection file) {
    ModelShape shape = file.shape();
    List<TensorInfo> tensors = file.tensors().stream().map(InspectedTensor::info).toList();
    int heads = shape.heads().query().orElse(0);
    ModelTraits facts =
        ModelTraits.of(
            shape.architecture().orElse(""),
            shape.layers(),
            heads,
            shape.heads().keyValue().orElse(heads),
            shape.experts().count(),
            tensors);
    Optional<CacheShape> cache =
        file.cache()
            .map(
                c ->
                    new CacheShape(
                        shape.heads().size().orElse(0),
                        List.of(new CacheShape.Layers(1, c.values(), 0))));
    if (file.tensors().isEmpty()) {
      throw new InvalidRequestException(file.path() + ": has no tensors, expected a model");
    }
    return of(
        shape.name().orElse(file.path().getFileName().toString()),
        file.path().toString(),
        tensors,
        true,
        shape.experts(),
        facts,
        cache,
        shape.contextLength().orElse(0));
  }

  /**
   * A model of which only its size is known.
   *
   * @param active parameters that a token uses
   */
  public static Subject of(long parameters, long active) {
    if (parameters < 1 || parameters > MOST_PARAMETERS || active < 1 || active > parameters) {
      throw new InvalidRequestException(
          "active = %s: expected 1 to the %s parameters".formatted(active, parameters));
    }
    return new Subject(
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

  private static Subject of(
      String name,
      String source,
      List<TensorInfo> tensors,
      boolean asItIs,
      ModelShape.Experts experts,
      ModelTraits facts,
      Optional<CacheShape> cache,
      int context) {
    long parameters = tensors.stream().mapToLong(TensorInfo::elements).sum();
    long active = activity(tensors, experts).active();
    return new Subject(
        name, source, parameters, active, tensors, asItIs, experts, facts, cache, context);
  }

  static TokenCost activity(List<TensorInfo> tensors, ModelShape.Experts experts) {
    return TokenCost.of(InspectedTensor.ofAll(tensors), experts, true);
  }

  private static CacheShape cache(Blueprint b) {
    Blueprint.Heads h = b.heads();
    Blueprint.Latent l = b.latent();
    long values = l == null ? 2L * h.keyValue() * h.size() : l.rank() + l.rotary();
    int size = l == null ? h.size() : l.rank() + l.rotary();
    Blueprint.Window w = b.window();
    int whole = w.positions() == 0 ? b.layers() : w.every() == 0 ? 0 : b.layers() / w.every();
    return new CacheShape(
        size,
        List.of(
            new CacheShape.Layers(whole, values, 0),
            new CacheShape.Layers(b.layers() - whole, values, w.positions())));
  }
}
