package dev.myelin.plan;

import dev.myelin.error.InvalidRequestException;
import dev.myelin.gguf.TensorInfo;
import dev.myelin.inspect.TokenCost;
import dev.myelin.quantize.Mix;
import dev.myelin.quantize.Mixes;
import dev.myelin.quantize.PlannedTensor;
import dev.myelin.quantize.QuantizePlan;
import dev.myelin.state.CacheType;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.Set;

/**
 * The requirements of a model for each quantisation. Immutable and thread-safe.
 *
 * @param context number of positions in the cache
 * @param cacheType type of keys and values
 * @param cacheBytes size of the cache; empty if the model's shape is not known
 * @param flops floating-point operations of a token's matmuls with parameters
 * @param rows one row per quantisation
 */
public record Plan(
    PlannedModel model,
    long context,
    CacheType cacheType,
    OptionalLong cacheBytes,
    long flops,
    List<Row> rows) {

  /**
   * @param label for example {@code Q4_K_M}; {@code as is} for the types of a file
   * @param weightBytes bytes of all parameters
   * @param activeBytes bytes of the parameters read for a token
   */
  public record Row(String label, long parameters, long weightBytes, long activeBytes) {
    /** Average bits per parameter, scales included. */
    public double bitsPerWeight() {
      return 8.0 * weightBytes / parameters;
    }

    /** The row of a model of which only numbers of parameters are known, with these types. */
    private Row scaledTo(PlannedModel model) {
      double bytes = (double) weightBytes / parameters;
      return new Row(
          label,
          model.parameters(),
          Math.round(bytes * model.parameters()),
          Math.round(bytes * model.active()));
    }
  }

  /** Label of the row with the types of a file. */
  public static final String AS_IS = "as is";

  /**
   * If only the number of parameters is known, types are mixed as in the nearest of these models.
   */
  private static final List<String> REFERENCE_MODELS =
      List.of("Llama 3.2 1B", "Llama 3.1 8B", "Llama 3.1 70B", "Llama 3.1 405B");

  /** Described when it is needed. */
  private static final class Typical {
    static final PlannedModel MODEL =
        PlannedModel.of(KnownModels.find("Llama 3.1 8B").orElseThrow());
  }

  private static final String MOE_ONLY_MIX = "MXFP4_MOE";

  /** Mixes that are only useful for weights trained for them. */
  private static final Set<String> TRAINING_ONLY_MIXES =
      Set.of("Q1_0", "Q2_0", "TQ1_0", "TQ2_0", "NVFP4");

  public Plan {
    rows = List.copyOf(rows);
  }

  /**
   * Plans for a model.
   *
   * @param context number of positions; 0 for the context length of training, but at most 4096
   * @param mixes the quantisations
   * @throws InvalidRequestException if the heads do not support the cache type, or the context is
   *     out of range
   */
  public static Plan of(PlannedModel model, long context, CacheType cacheType, List<Mix> mixes) {
    if (context < 0 || context > Integer.MAX_VALUE) {
      throw new InvalidRequestException(
          "context = " + context + ": expected 0 to " + Integer.MAX_VALUE);
    }
    long positions = context == 0 ? defaultContext(model.context()) : context;
    OptionalLong cache =
        model.cache().stream().mapToLong(c -> c.bytes(cacheType, positions)).findFirst();
    List<Row> rows = new ArrayList<>();
    if (model.isFile()) {
      rows.add(row(AS_IS, model, model.tensors()));
    }
    PlannedModel typed =
        model.tensors().isEmpty() ? PlannedModel.of(reference(model.parameters())) : model;
    for (Mix mix : mixes) {
      Row row = row(mix, typed);
      rows.add(model.tensors().isEmpty() ? row.scaledTo(model) : row);
    }
    long flops =
        model.tensors().isEmpty()
            ? 2 * model.active()
            : PlannedModel.activity(model.tensors(), model.experts()).flops();
    return new Plan(model, positions, cacheType, cache, flops, rows);
  }

  private static long defaultContext(int trainingContext) {
    return trainingContext == 0 ? 4096 : Math.min(trainingContext, 4096);
  }

  /**
   * The mixes suitable for a model, from the most bits to the fewest: all except those that require
   * training, and those for experts if the model has none.
   */
  public static List<Mix> mixes(PlannedModel model) {
    boolean hasExperts = model.experts().count() > 0;
    return Mixes.all().reversed().stream()
        .filter(m -> !TRAINING_ONLY_MIXES.contains(m.name()))
        .filter(m -> hasExperts || !m.name().equals(MOE_ONLY_MIX))
        .toList();
  }

  /** Average bits per parameter of a mix in Llama 3.1 8B. */
  public static double typicalBits(Mix mix) {
    return row(mix, Typical.MODEL).bitsPerWeight();
  }

  /** The model whose mix of types is used if only the number of parameters is known. */
  public static KnownModel reference(long parameters) {
    KnownModel nearest = null;
    double nearestDistance = Double.MAX_VALUE;
    for (String name : REFERENCE_MODELS) {
      KnownModel model = KnownModels.find(name).orElseThrow();
      long count = Quantities.parseParameters(model.publishedParameters());
      double distance = Math.abs(Math.log((double) count / parameters));
      if (distance < nearestDistance) {
        nearestDistance = distance;
        nearest = model;
      }
    }
    return nearest;
  }

  private static Row row(Mix mix, PlannedModel model) {
    QuantizePlan plan = QuantizePlan.of(model.traits(), model.tensors(), mix);
    return row(mix.name(), model, plan.tensors().stream().map(PlannedTensor::converted).toList());
  }

  private static Row row(String label, PlannedModel model, List<TensorInfo> tensors) {
    TokenCost activity = PlannedModel.activity(tensors, model.experts());
    long bytes = tensors.stream().mapToLong(TensorInfo::bytes).sum();
    return new Row(label, model.parameters(), bytes, activity.bytes());
  }

  /** Bytes of parameters and cache; of parameters only if the cache is not known. */
  public long totalBytes(Row row) {
    return row.weightBytes + cacheBytes.orElse(0);
  }

  /**
   * Upper bound of decoding speed with a full context, in tokens per second: a token reads all
   * active parameters and the whole cache. Empty if nothing is read.
   */
  public OptionalDouble tokensPerSecond(Row row, MemoryBandwidth bandwidth) {
    long bytesRead = row.activeBytes + cacheBytes.orElse(0);
    return bytesRead == 0
        ? OptionalDouble.empty()
        : OptionalDouble.of((double) bandwidth.bytesPerSecond() / bytesRead);
  }

  /**
   * Floating-point operations of training on {@code tokens} tokens: 6 per token and active
   * parameter (forward 2, backward 4; Kaplan et al., arXiv 2001.08361).
   */
  public double trainingFlops(long tokens) {
    return 6.0 * model.active() * tokens;
  }
}
