package dev.myelin.plan;

import dev.myelin.cache.CacheType;
import dev.myelin.error.InvalidRequestException;
import dev.myelin.gguf.TensorInfo;
import dev.myelin.inspect.TokenCost;
import dev.myelin.quantize.Mix;
import dev.myelin.quantize.Mixes;
import dev.myelin.quantize.PlannedTensor;
import dev.myelin.quantize.QuantizePlan;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.Set;

/**
 * What a model needs at each quantisation.
 *
 * @param context positions that the cache is for
 * @param cacheType what it keeps keys and values in
 * @param cacheBytes its size; empty where the model's shape is not known
 * @param flops floating-point operations of a token's products with parameters
 * @param rows one a quantisation
 */
public record Plan(
    Subject subject,
    long context,
    CacheType cacheType,
    OptionalLong cacheBytes,
    long flops,
    List<Row> rows) {

  /**
   * @param label {@code Q4_K_M}; of a file's own types, {@code as it is}
   * @param weightBytes bytes of all parameters
   * @param activeBytes those read for a token
   */
  public record Row(String label, long parameters, long weightBytes, long activeBytes) {
    /** Bits that a parameter takes on average, scales included. */
    public double bitsPerWeight() {
      return 8.0 * weightBytes / parameters;
    }
  }

  /** The label of the row with a file's own types. */
  public static final String AS_IT_IS = "as it is";

  /** Where only a number is known, its types are mixed as in the nearest of these. */
  private static final List<String> REFERENCES =
      List.of("Llama 3.2 1B", "Llama 3.1 8B", "Llama 3.1 70B", "Llama 3.1 405B");

  private static final String TYPICAL = "Llama 3.1 8B";

  private static final String EXPERTS_ONLY = "MXFP4_MOE";

  /** Of no use for weights that were not made for them. */
  private static final Set<String> TRAINED_IN = Set.of("Q1_0", "Q2_0", "TQ1_0", "TQ2_0", "NVFP4");

  public Plan {
    rows = List.copyOf(rows);
  }

  /**
   * Makes a plan.
   *
   * @param context positions; 0 for those the model was trained for, but at most 4096
   * @param mixes which quantisations
   * @throws InvalidRequestException where the cache cannot be of that type, or the context is out
   *     of range
   */
  public static Plan of(Subject subject, long context, CacheType cacheType, List<Mix> mixes) {
    if (context < 0 || context > Integer.MAX_VALUE) {
      throw new InvalidRequestException(
          "context = " + context + ": expected 0 to " + Integer.MAX_VALUE);
    }
    long positions = context == 0 ? usualContext(subject.context()) : context;
    OptionalLong cache = OptionalLong.empty();
    if (subject.cache().isPresent()) {
      cache = subject.cache().get().bytes(cacheType, positions);
      if (cache.isEmpty()) {
        throw new InvalidRequestException(
            "cache type %s: expected heads that blocks of %s divide, this model's have %s values"
                .formatted(
                    cacheType.type().ggmlName(),
                    cacheType.type().blockSize(),
                    subject.cache().get().headSize()));
      }
    }
    List<Row> rows = new ArrayList<>();
    if (subject.asItIs()) {
      rows.add(row(AS_IT_IS, subject, subject.tensors()));
    }
    mixes.forEach(mix -> rows.add(row(mix, subject)));
    long flops =
        subject.tensors().isEmpty()
            ? 2 * subject.active()
            : Subject.activity(subject.tensors(), subject.experts()).flops();
    return new Plan(subject, positions, cacheType, cache, flops, rows);
  }

  private static long usualContext(int trained) {
    return trained == 0 ? 4096 : Math.min(trained, 4096);
  }

  /**
   * The mixes that make sense for a model, from the most bits to the fewest: all, but for those
   * that models are trained in, and for those for experts where there are none.
   */
  public static List<Mix> mixes(Subject subject) {
    boolean experts = subject.experts().count() > 0;
    return Mixes.all().reversed().stream()
        .filter(m -> !TRAINED_IN.contains(m.name()))
        .filter(m -> experts || !m.name().equals(EXPERTS_ONLY))
        .toList();
  }

  /** Bits that a parameter takes with a mix, in a model many know: Llama 3.1 8B. */
  public static double typicalBits(Mix mix) {
    return row(mix, Subject.of(KnownModels.find(TYPICAL).orElseThrow())).bitsPerWeight();
  }

  /** The model whose mixture of types is taken where only a number of parameters is known. */
  public static KnownModel reference(long parameters) {
    KnownModel nearest = null;
    double least = Double.MAX_VALUE;
    for (String name : REFERENCES) {
      KnownModel model = KnownModels.find(name).orElseThrow();
      long count = Subject.of(model).parameters();
      double distance = Math.abs(Math.log((double) count / parameters));
      if (distance < least) {
        least = distance;
        nearest = model;
      }
    }
    return nearest;
  }

  private static Row row(Mix mix, Subject subject) {
    if (subject.tensors().isEmpty()) {
      Subject reference = Subject.of(reference(subject.parameters()));
      double bytes = row(mix, reference).bitsPerWeight() / 8;
      return new Row(
          mix.name(),
          subject.parameters(),
          Math.round(bytes * subject.parameters()),
          Math.round(bytes * subject.active()));
    }
    QuantizePlan plan = QuantizePlan.of(subject.facts(), subject.tensors(), mix);
    return row(mix.name(), subject, plan.tensors().stream().map(PlannedTensor::converted).toList());
  }

  private static Row row(String label, Subject subject, List<TensorInfo> tensors) {
    TokenCost activity = Subject.activity(tensors, subject.experts());
    long bytes = tensors.stream().mapToLong(TensorInfo::bytes).sum();
    return new Row(label, subject.parameters(), bytes, activity.bytes());
  }

  /** Bytes of parameters and cache together; without the cache where that is not known. */
  public long totalBytes(Row row) {
    return row.weightBytes + cacheBytes.orElse(0);
  }

  /**
   * Tokens a second that can at most be decoded with the context full: a token reads all active
   * parameters and the whole cache. Empty where nothing is read.
   */
  public OptionalDouble tokensPerSecond(Row row, MemorySpeed speed) {
    long read = row.activeBytes + cacheBytes.orElse(0);
    return read == 0
        ? OptionalDouble.empty()
        : OptionalDouble.of((double) speed.bytesPerSecond() / read);
  }

  /**
   * Operations of training on so many tokens: 6 for each active parameter (forward 2, backward 4;
   * Kaplan et al., arXiv 2001.08361).
   */
  public double trainingFlops(long tokens) {
    return 6.0 * subject.active() * tokens;
  }
}
