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

/**
 * One engine's times of one test.
 *
 * @param time when the test ended
 * @param lead how much faster Myelin was; null for Myelin itself
 */
public record BenchResult(
    String engine,
    BenchSubject subject,
    SessionOptions session,
    BenchSpec test,
    Samples samples,
    Instant time,
    Lead lead) {

  /**
   * How many times as fast as a peer Myelin was.
   *
   * @param medians its median rate over the peer's
   * @param pairs the median over the repetitions of how long the peer's turn took beside Myelin's
   *     just before: what slows down the machine for a while meets both turns of a pair
   */
  public record Lead(double medians, double pairs) {
    static Lead of(Samples ours, Samples peers) {
      return new Lead(ours.medianRate() / peers.medianRate(), ours.medianSpeedUp(peers));
    }
  }

  /**
   * Every value by name, in order: a {@link String}, a number, an array of numbers ({@code long[]},
   * {@code double[]}), or null. The names are llama-bench's where they mean the same; further ones
   * are {@code engine}, {@code cpu_library}, {@code adapters}, {@code p10_ts}, {@code median_ts},
   * {@code p90_ts}, {@code ratio} and {@code ratio_paired}.
   */
  public SequencedMap<String, Object> fields() {
    SequencedMap<String, Object> fields = new LinkedHashMap<>();
    String cache = session.cacheType().name().toLowerCase(Locale.ROOT);
    fields.put("engine", engine);
    fields.put("build_commit", subject.commit());
    fields.put("cpu_info", subject.cpu());
    fields.put("cpu_library", subject.cpuLibrary());
    fields.put("model_filename", subject.modelFile());
    fields.put("model_type", subject.modelType());
    fields.put("model_size", subject.modelSize());
    fields.put("model_n_params", subject.parameters());
    fields.put("adapters", adapters());
    fields.put("n_batch", session.batch());
    fields.put("n_threads", session.threads());
    fields.put("type_k", cache);
    fields.put("type_v", cache);
    fields.put("n_prompt", test.prompt());
    fields.put("n_gen", test.generated());
    fields.put("n_depth", test.depth());
    fields.put("test_time", time.truncatedTo(ChronoUnit.SECONDS).toString());
    fields.put("avg_ns", Math.round(samples.meanNanoseconds()));
    fields.put("stddev_ns", Math.round(samples.nanosecondsDeviation()));
    fields.put("avg_ts", rounded(samples.meanRate()));
    fields.put("stddev_ts", rounded(samples.rateDeviation()));
    fields.put("p10_ts", rounded(samples.rateAt(0.1)));
    fields.put("median_ts", rounded(samples.medianRate()));
    fields.put("p90_ts", rounded(samples.rateAt(0.9)));
    fields.put("ratio", lead == null ? null : rounded(lead.medians));
    fields.put("ratio_paired", lead == null ? null : rounded(lead.pairs));
    fields.put("samples_ns", samples.nanoseconds().stream().mapToLong(Long::longValue).toArray());
    fields.put("samples_ts", Arrays.stream(samples.rates()).map(BenchResult::rounded).toArray());
    return fields;
  }

  /** The adapters in one text, empty without any. */
  public String adapters() {
    return subject.adapters().stream().map(Adapter::toString).collect(Collectors.joining(" "));
  }

  /** Six decimals, as llama-bench prints. */
  private static double rounded(double value) {
    return Math.abs(value) < 1e12 ? Math.round(value * 1e6) / 1e6 : value;
  }
}
