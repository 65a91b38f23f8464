package dev.myelin.bench;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/**
 * The speed of an engine in a test as a share of what the machine can do at all. Immutable and
 * thread-safe.
 *
 * @param share the shortest time that the limits allow divided by the time of a repetition; median
 *     over the repetitions
 * @param limits median over the repetitions of the limits at that time
 * @param bytes bytes of weights and KV cache read per generated token; 0 if none are generated
 * @param int8Ops int8 operations of matmuls per token of the prompt; 0 without a prompt
 * @param f32Ops f32 operations of matmuls per token of the prompt; 0 without a prompt
 */
public record LimitShare(
    double share, MachineLimits limits, double bytes, double int8Ops, double f32Ops) {

  static LimitShare of(ModelWork work, BenchSpec test, List<Interval> repetitions, LimitLog log) {
    List<MachineLimits> limits = repetitions.stream().map(log::around).toList();
    double[] shares = new double[limits.size()];
    for (int i = 0; i < shares.length; i++) {
      double seconds = Math.max(1, repetitions.get(i).nanoseconds()) * 1e-9;
      shares[i] = work.seconds(test, limits.get(i)) / seconds;
    }
    ModelWork.Operations operations =
        test.prompt() > 0 ? work.operationsPerToken(test) : ModelWork.Operations.NONE;
    return new LimitShare(
        Samples.median(shares),
        new MachineLimits(
            median(limits, MachineLimits::bandwidth),
            median(limits, MachineLimits::int8Ops),
            median(limits, MachineLimits::f32Ops)),
        test.generated() > 0 ? work.bytesPerToken(test) : 0,
        operations.int8(),
        operations.f32());
  }

  /**
   * The values by name; null for what is not measured: of a prompt the memory, of generation the
   * operations.
   */
  SequencedMap<String, @Nullable Object> fields() {
    boolean prompt = limits.int8Ops() > 0;
    SequencedMap<String, @Nullable Object> fields = new LinkedHashMap<>();
    fields.put("limit_share", BenchResult.rounded(share));
    fields.put("limit_bytes_per_s", bytes > 0 ? Math.round(limits.bandwidth()) : null);
    fields.put("limit_int8_ops_per_s", prompt ? Math.round(limits.int8Ops()) : null);
    fields.put("limit_f32_ops_per_s", prompt ? Math.round(limits.f32Ops()) : null);
    fields.put("bytes_per_token", bytes > 0 ? Math.round(bytes) : null);
    fields.put("int8_ops_per_token", prompt ? Math.round(int8Ops) : null);
    fields.put("f32_ops_per_token", prompt ? Math.round(f32Ops) : null);
    return fields;
  }

  private static double median(List<MachineLimits> limits, ToDoubleFunction<MachineLimits> of) {
    return Samples.median(limits.stream().mapToDouble(of).toArray());
  }
}
