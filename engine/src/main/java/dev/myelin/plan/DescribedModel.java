package dev.myelin.plan;

import dev.myelin.error.InvalidRequestException;
import dev.myelin.error.MyelinException;
import dev.myelin.gguf.GgmlType;
import dev.myelin.gguf.GgufFile;
import dev.myelin.gguf.TensorInfo;
import dev.myelin.inspect.ModelShape;
import dev.myelin.model.ModelDescription;
import dev.myelin.model.build.ModelBuilder;
import dev.myelin.model.build.Sample;
import dev.myelin.model.config.Config;
import dev.myelin.model.config.LayerConfig;
import dev.myelin.model.weights.DescribedWeights;
import dev.myelin.model.weights.DescribedWeights.Description;
import dev.myelin.quantize.ModelTraits;
import dev.myelin.state.ModelStates;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;

/**
 * What an architecture makes of metadata keys. Immutable and thread-safe.
 *
 * @param tensors all f32
 */
record DescribedModel(
    List<TensorInfo> tensors,
    ModelShape.Experts experts,
    ModelTraits traits,
    CacheShape cache,
    int context) {

  /** Tensors and states. */
  private record Parts(List<Description> tensors, ModelStates states) {}

  /**
   * Describes a model.
   *
   * @throws InvalidRequestException if the architecture is not known, or the keys contradict each
   *     other
   */
  static DescribedModel of(ModelKeys keys) {
    Sample sample = new Sample("", keys.keys(), keys.optionalTensors(), Map.of());
    try (GgufFile file = ModelDescription.metadata(keys.architecture(), sample)) {
      return of(file, sample);
    } catch (MyelinException e) {
      throw new InvalidRequestException(e.getMessage());
    }
  }

  private static DescribedModel of(GgufFile file, Sample sample) {
    Config c = new Config(file, file.metadata().string("general.architecture"));
    Parts parts = parts(file, sample, c);
    List<TensorInfo> tensors = parts.tensors.stream().map(DescribedModel::f32).toList();
    ModelShape.Experts experts = experts(c);
    boolean hasHeads = c.has("attention.head_count");
    LayerConfig first = hasHeads ? c.layer(0) : new LayerConfig(0, 0, 0, 0, 0);
    ModelTraits traits =
        ModelTraits.of(
            c.architecture(),
            OptionalInt.of(c.layers()),
            first.heads(),
            first.kvHeads(),
            experts.count(),
            tensors);
    CacheShape cache = CacheShape.of(parts.states.kv(), parts.states.recurrentBytes());
    return new DescribedModel(tensors, experts, traits, cache, c.contextLength());
  }

  private static Parts parts(GgufFile file, Sample sample, Config c) {
    if (!OtherArchitectures.has(c.architecture())) {
      ModelDescription model = ModelDescription.of(file, sample::has);
      return new Parts(model.tensors(), model.states());
    }
    DescribedWeights weights = new DescribedWeights(sample::has);
    ModelBuilder builder = new ModelBuilder(weights);
    OtherArchitectures.build(c, builder);
    return new Parts(weights.descriptions(), builder.states());
  }

  private static ModelShape.Experts experts(Config c) {
    int count = c.experts(0).count();
    int shared = count == 0 ? 0 : c.intBetween("expert_shared_count", 0, count, 0);
    return new ModelShape.Experts(count, c.experts(0).used(), shared);
  }

  private static TensorInfo f32(Description tensor) {
    GgmlType type = GgmlType.F32;
    return new TensorInfo(tensor.name(), type, tensor.shape(), 0, 0, type.bytes(tensor.elements()));
  }
}
