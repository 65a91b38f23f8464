package dev.myelin.bench;

import dev.myelin.adapter.Adapter;
import dev.myelin.generate.SessionOptions;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.SequencedMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The result of one engine in one test. Immutable and thread-safe.
 *
 * @param resources memory, time to first token and energy
 * @param limits share of what the machine can do; null if not measured
 * @param longestWait the longest wait for a token; null if no sequences generated together
 * @param time end of the test
 * @param speedup speed of Myelin relative to this engine; null for Myelin itself
 */
public record BenchResult(
    String engine,
    BenchTarget target,
    SessionOptions session,
    BenchSpec test,
    Samples samples,
    Resources resources,
    @Nullable LimitShare limits,
    @Nullable Wait longestWait,
    Instant time,
    @Nullable Speedup speedup) {

  /**
   * The speed of Myelin relative to a peer.
   *
   * @param medianRatio Myelin's median rate divided by the peer's
   * @param pairedRatio median over the repetitions of the peer's time divided by Myelin's time just
   *     before: a temporary slowdown of the machine affects both runs of a pair. Null if they do
   *     not alternate
   */
  public record Speedup(double medianRatio, @Nullable Double pairedRatio) {
    static Speedup of(Samples ours, Samples peers, boolean alternating) {
      return new Speedup(
          ours.medianRate() / peers.medianRate(), alternating ? ours.medianSpeedup(peers) : null);
    }
  }

  /**
   * All values by name, in order: a {@link String}, a number, an array of numbers ({@code long[]},
   * {@code double[]}), or null. Names are llama-bench's if the meaning is the same. Additional
   * names are {@code engine}, {@code cpu_library}, {@code isa}, {@code adapters}, {@code
   * n_parallel}, {@code p10_ts}, {@code median_ts}, {@code p90_ts}, {@code max_wait_steps}, {@code
   * max_wait_ns}, {@code first_token_ns}, {@code peak_bytes}, {@code joules_per_token}, {@code
   * ratio} and {@code ratio_paired}, and those of {@link LimitShare#fields} if the limits were
   * measured.
   */
  public SequencedMap<String, @Nullable Object> fields() {
    SequencedMap<String, @Nullable Object> fields = new LinkedHashMap<>();
    String cache = session.cacheType().name().toLowerCase(Locale.ROOT);
    fields.put("engine", engine);
    fields.put("build_commit", target.commit());
    fields.put("cpu_info", target.cpu());
    fields.put("cpu_library", target.cpuLibrary());
    fields.put("isa", target.isa());
    fields.put("model_filename", target.modelFile());
    fields.put("model_type", target.modelType());
    fields.put("model_size", target.modelSize());
    fields.put("model_n_params", target.parameters());
    fields.put("adapters", adapters());
    fields.put("n_batch", session.batch());
    fields.put("n_threads", session.threads());
    fields.put("type_k", cache);
    fields.put("type_v", cache);
    fields.put("n_prompt", test.prompt());
    fields.put("n_gen", test.generated());
    fields.put("n_depth", test.depth());
    fields.put("n_parallel", Math.max(1, test.parallel()));
    fields.put("test_time", time.truncatedTo(ChronoUnit.SECONDS).toString());
    fields.put("avg_ns", Math.round(samples.meanNanoseconds()));
    fields.put("stddev_ns", Math.round(samples.nanosecondsStddev()));
    fields.put("avg_ts", rounded(samples.meanRate()));
    fields.put("stddev_ts", rounded(samples.rateStddev()));
    fields.put("p10_ts", rounded(samples.rateQuantile(0.1)));
    fields.put("median_ts", rounded(samples.medianRate()));
    fields.put("p90_ts", rounded(samples.rateQuantile(0.9)));
    fields.put("max_wait_steps", longestWait == null ? null : longestWait.steps());
    fields.put("max_wait_ns", longestWait == null ? null : longestWait.nanoseconds());
    fields.put("first_token_ns", resources.firstTokenNanos());
    fields.put("peak_bytes", resources.peakBytes());
    fields.put("joules_per_token", rounded(resources.joulesPerToken()));
    fields.put("ratio", speedup == null ? null : rounded(speedup.medianRatio));
    fields.put("ratio_paired", speedup == null ? null : rounded(speedup.pairedRatio));
    if (limits != null) {
      fields.putAll(limits.fields());
    }
    fields.put("samples_ns", samples.nanoseconds().stream().mapToLong(Long::longValue).toArray());
    fields.put("samples_ts", Arrays.stream(samples.rates()).map(BenchResult::rounded).toArray());
    return fields;
  }

  /** The adapters as one string, empty if there are none. */
  public String adapters() {
    return target.adapters().stream().map(Adapter::toString).collect(Collectors.joining(" "));
  }

  /** Rounds to six decimals, as llama-bench does. */
  private static @Nullable Double rounded(@Nullable Double value) {
    return value == null ? null : (Double) rounded(value.doubleValue());
  }

  static double rounded(double value) {
    return Math.abs(value) < 1e12 ? Math.round(value * 1e6) / 1e6 : value;
  }
}
