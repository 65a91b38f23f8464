package dev.myelin.bench;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * One engine's times of one test.
 *
 * @param engine its name
 * @param build which build of it
 * @param time when the test began
 */
public record BenchResult(
    String engine,
    String build,
    BenchSetting setting,
    BenchTest test,
    Instant time,
    Samples samples) {

  /**
   * Everything, in the order of a table. Names are llama-bench's where they mean the same; {@code
   * engine}, {@code ggml_version}, {@code cpu_library} and the percentiles {@code p5_ts} to {@code
   * p95_ts} are not. Values are strings, numbers, and lists of numbers.
   */
  public Map<String, Object> fields() {
    ModelFacts model = setting.model();
    String cacheType = setting.options().cacheType().type().ggmlName();
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("engine", engine);
    all.put("build_commit", build);
    all.put("ggml_version", setting.ggml().version());
    all.put("cpu_info", setting.cpu());
    all.put("cpu_library", setting.ggml().cpuLibrary().getFileName().toString());
    all.put("backends", "CPU");
    all.put("model_filename", model.file());
    all.put("model_type", model.type());
    all.put("model_size", model.bytes());
    all.put("model_n_params", model.parameters());
    all.put("n_batch", setting.options().batch());
    all.put("n_ubatch", setting.options().batch());
    all.put("n_threads", setting.options().threads());
    all.put("type_k", cacheType);
    all.put("type_v", cacheType);
    all.put("n_prompt", test.prompt());
    all.put("n_gen", test.generate());
    all.put("n_depth", test.depth());
    all.put("test_time", time.truncatedTo(ChronoUnit.SECONDS).toString());
    all.put("avg_ns", samples.averageNanos());
    all.put("stddev_ns", samples.deviationNanos());
    all.put("avg_ts", samples.averageRate());
    all.put("stddev_ts", samples.deviationRate());
    all.put("p5_ts", samples.percentileRate(5));
    all.put("p50_ts", samples.percentileRate(50));
    all.put("p95_ts", samples.percentileRate(95));
    all.put("samples_ns", samples.nanos());
    all.put("samples_ts", samples.rates());
    return all;
  }
}
