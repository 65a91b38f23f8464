package dev.myelin.cli.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.myelin.bench.BenchResult;
import dev.myelin.bench.BenchSpec;
import dev.myelin.bench.BenchTarget;
import dev.myelin.bench.LimitShare;
import dev.myelin.bench.MachineLimits;
import dev.myelin.bench.Resources;
import dev.myelin.bench.Samples;
import dev.myelin.cli.Outcome;
import dev.myelin.generate.SessionOptions;
import dev.myelin.state.CacheType;
import dev.myelin.testing.RandomModel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BenchCommandTest {
  private static final BenchResult MYELIN_RESULT = result("myelin", 500_000_000L, null);
  private static final BenchResult PEER_RESULT =
      result("llama.cpp", 1_000_000_000L, new BenchResult.Speedup(2, 2.5));

  private static BenchResult result(String engine, long nanoseconds, BenchResult.Speedup lead) {
    return result(engine, new BenchSpec(128, 0, 0), nanoseconds, null, lead);
  }

  private static BenchResult result(
      String engine,
      BenchSpec test,
      long nanoseconds,
      LimitShare limits,
      BenchResult.Speedup lead) {
    return new BenchResult(
        engine,
        new BenchTarget(
            "abc123",
            "A \"fast\" CPU",
            "cpu.so",
            "avx2",
            "it's,a|file.gguf",
            "a|b 1.24B Q4_0",
            7_000,
            1_240,
            List.of()),
        new SessionOptions(640, 512, 2, CacheType.F16),
        test,
        new Samples(List.of(nanoseconds, nanoseconds), 128),
        new Resources(nanoseconds, 2_000_000L, null),
        limits,
        null,
        Instant.parse("2026-01-02T03:04:05Z"),
        lead);
  }

  private static String print(String format) {
    BenchOutput output = BenchOutputs.of(format, OptionalColumns.NONE).orElseThrow();
    return output.result(MYELIN_RESULT) + output.result(PEER_RESULT) + output.end();
  }

  @Test
  void printsMarkdown() {
    assertThat(print("md"))
        .isEqualTo(
            """
            | model                      |    size | params | engine       | threads | test           |               t/s |   median |         p10 .. p90 |  ratio | paired |
            | -------------------------- | ------: | -----: | ------------ | ------: | -------------- | ----------------: | -------: | -----------------: | -----: | -----: |
            | a\\|b 1.24B Q4_0            | 7.00 kB | 1.24 k | myelin       |       2 | pp128          |     256.00 ± 0.00 |   256.00 |   256.00 .. 256.00 |        |        |
            | a\\|b 1.24B Q4_0            | 7.00 kB | 1.24 k | llama.cpp    |       2 | pp128          |     128.00 ± 0.00 |   128.00 |   128.00 .. 128.00 |  2.000 |  2.500 |

            A "fast" CPU, isa avx2, cpu.so, cache f16, batch 512, 2 repetitions, ggml commit abc123
            """);
  }

  @Test
  void printsMarkdownWithResources() {
    BenchOutput output =
        BenchOutputs.of("md", new OptionalColumns(false, false, true, false, false)).orElseThrow();
    assertThat(output.result(PEER_RESULT))
        .contains("| 1st token |  memory | J/token |  ratio | paired |\n")
        .contains("|  1,000 ms | 2.00 MB |         |  2.000 |  2.500 |\n");
  }

  @Test
  void printsLimits() throws Exception {
    BenchSpec generation = new BenchSpec(0, 128, 0);
    LimitShare prompt = new LimitShare(0.5, new MachineLimits(0, 2.5e12, 1e12), 0, 2000, 0);
    LimitShare memory = new LimitShare(0.9, new MachineLimits(2e10, 0, 0), 1e9, 0, 0);
    LimitShare slower = new LimitShare(0.95, new MachineLimits(1e10, 0, 0), 1e9, 0, 0);
    List<BenchResult> results =
        List.of(
            result("myelin", new BenchSpec(128, 0, 0), 5, prompt, null),
            result("myelin", generation, 5, memory, null),
            result("llama.cpp", generation, 5, slower, new BenchResult.Speedup(2, 2.5)));
    BenchOutput table =
        BenchOutputs.of("md", new OptionalColumns(false, false, false, true, false)).orElseThrow();
    assertThat(results.stream().map(table::result).reduce("", String::concat))
        .contains("| of limit |  ratio | paired |\n")
        .contains("|    0.500 |        |        |\n")
        .contains("|    0.900 |        |        |\n")
        .contains("|    0.950 |  2.000 |  2.500 |\n");
    assertThat(table.end())
        .endsWith("\nlimits: memory 20.00 GB/s; int8 2.50 Tops/s, f32 1.00 Tops/s\n");
    BenchOutput lines = BenchOutputs.of("jsonl", OptionalColumns.NONE).orElseThrow();
    JsonNode json = new ObjectMapper().readTree(lines.result(results.get(1)));
    assertThat(json.get("limit_share").asDouble()).isEqualTo(0.9);
    assertThat(json.get("limit_bytes_per_s").asLong()).isEqualTo(20_000_000_000L);
    assertThat(json.get("limit_int8_ops_per_s").isNull()).isTrue();
    BenchOutput csv = BenchOutputs.of("csv", OptionalColumns.NONE).orElseThrow();
    assertThat(csv.result(results.getFirst()))
        .contains("ratio,ratio_paired,limit_share,limit_bytes_per_s,")
        .endsWith(",,\"0.5\",,\"2500000000000\",\"1000000000000\",,\"2000\",\"0\"\n");
  }

  @Test
  void printsCsv() {
    assertThat(print("csv"))
        .isEqualTo(
            """
            engine,build_commit,cpu_info,cpu_library,isa,model_filename,model_type,model_size,model_n_params,adapters,n_batch,\
            n_threads,type_k,type_v,n_prompt,n_gen,n_depth,n_parallel,test_time,avg_ns,stddev_ns,avg_ts,\
            stddev_ts,p10_ts,median_ts,p90_ts,max_wait_steps,max_wait_ns,first_token_ns,peak_bytes,joules_per_token,ratio,ratio_paired
            "myelin","abc123","A ""fast"" CPU","cpu.so","avx2","it's,a|file.gguf","a|b 1.24B Q4_0","7000","1240","","512",\
            "2","f16","f16","128","0","0","1","2026-01-02T03:04:05Z","500000000","0","256.0",\
            "0.0","256.0","256.0","256.0",,,"500000000","2000000",,,
            "llama.cpp","abc123","A ""fast"" CPU","cpu.so","avx2","it's,a|file.gguf","a|b 1.24B Q4_0","7000","1240","","512",\
            "2","f16","f16","128","0","0","1","2026-01-02T03:04:05Z","1000000000","0","128.0",\
            "0.0","128.0","128.0","128.0",,,"1000000000","2000000",,"2.0","2.5"
            """);
  }

  @Test
  void printsJson() throws Exception {
    JsonNode array = new ObjectMapper().readTree(print("json"));
    assertThat(array).hasSize(2);
    assertThat(array.at("/0/engine").asText()).isEqualTo("myelin");
    assertThat(array.at("/0/ratio").isNull()).isTrue();
    assertThat(array.at("/1/ratio").asDouble()).isEqualTo(2);
    assertThat(array.at("/1/avg_ts").asDouble()).isEqualTo(128);
    assertThat(array.at("/1/samples_ns").toString()).isEqualTo("[1000000000,1000000000]");
    assertThat(array.at("/0/cpu_info").asText()).isEqualTo("A \"fast\" CPU");
    JsonNode none =
        new ObjectMapper()
            .readTree(BenchOutputs.of("json", OptionalColumns.NONE).orElseThrow().end());
    assertThat(none.isArray() && none.isEmpty()).isTrue();
  }

  @Test
  void printsJsonLines() throws Exception {
    List<String> lines = print("jsonl").lines().toList();
    assertThat(lines).hasSize(2);
    JsonNode array = new ObjectMapper().readTree(print("json"));
    for (int i = 0; i < 2; i++) {
      assertThat(new ObjectMapper().readTree(lines.get(i))).isEqualTo(array.get(i));
    }
  }

  @Test
  void printsSql() {
    String text = print("sql");
    assertThat(text).startsWith("CREATE TABLE IF NOT EXISTS myelin_bench (\n  engine TEXT,\n");
    assertThat(text).contains("  model_size INTEGER,\n").contains("  avg_ts REAL,\n");
    assertThat(text).contains("  ratio REAL,\n  ratio_paired REAL\n);\n");
    assertThat(text.lines().filter(l -> l.startsWith("INSERT INTO myelin_bench (engine, ")))
        .hasSize(2)
        .allMatch(l -> l.contains(" 'it''s,a|file.gguf', ") && l.endsWith(");"));
    assertThat(text)
        .contains(", 2000000, NULL, NULL, NULL);\n")
        .contains(", 2000000, NULL, 2.0, 2.5);\n");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "-o xml",
        "-r 0",
        "-p -1",
        "-p 0 -n 0",
        "-p 8,x",
        "-d -5",
        "-c 100",
        "-t -1",
        "-b 0",
        "--cache-type q4_9",
        "--compare other",
        "--isa avx1024",
        "--isa scalar,none",
        "--compare llama.cpp=x",
        "--compare jinfer",
        "--compare llama.cpp,ik_llama.cpp=",
        "--compare llama.cpp --peer-timeout 0",
        "--parallel 0",
        "--parallel 2,x",
        "--parallel 2000",
        "--parallel 2 --compare llama.cpp",
        "--parallel 2 --resources",
        "--parallel 2 --limits",
        "--parallel 2 --memory-budget 1G",
        "--unknown"
      })
  void rejectsWrongUsage(String options) {
    Outcome run = Outcome.of(("bench -m none.gguf " + options).split(" "));
    assertThat(run.status()).as(run.err()).isEqualTo(2);
    assertThat(run.out()).isEmpty();
    assertThat(run.err()).hasLineCount(1);
  }

  @Test
  void reportsMissingModel() {
    Outcome run = Outcome.of("bench", "-m", "none.gguf", "-o", "json");
    assertThat(run.status()).isEqualTo(1);
    assertThat(run.out()).isEmpty();
    assertThat(run.err()).hasLineCount(1).contains("none.gguf");
    assertThat(Outcome.of("bench").err()).contains("no model");
  }

  @Test
  void measuresModel(@TempDir Path folder) throws Exception {
    Path model = RandomModel.small("llama").write(folder.resolve("model.gguf"));
    Outcome run =
        Outcome.of(
            "bench",
            "-m",
            model.toString(),
            "-p",
            "8,4",
            "-n",
            "2",
            "-d",
            "0,3",
            "-r",
            "2",
            "-t",
            "1",
            "-o",
            "jsonl");
    assertThat(run.status()).as(run.err()).isZero();
    assertThat(run.err().lines())
        .containsExactly(
            "measuring pp8",
            "measuring pp4",
            "measuring tg2",
            "measuring pp8 @ d3",
            "measuring pp4 @ d3",
            "measuring tg2 @ d3");
    List<String> lines = run.out().lines().toList();
    assertThat(lines).hasSize(6);
    JsonNode last = new ObjectMapper().readTree(lines.getLast());
    assertThat(last.get("n_gen").asInt()).isEqualTo(2);
    assertThat(last.get("n_depth").asInt()).isEqualTo(3);
    assertThat(last.get("n_threads").asInt()).isEqualTo(1);
    assertThat(last.get("samples_ts")).hasSize(2);
    assertThat(last.get("avg_ts").asDouble()).isPositive();
  }

  @Test
  void measuresSequencesTogether(@TempDir Path folder) throws Exception {
    Path model = RandomModel.small("llama").write(folder.resolve("model.gguf"));
    String line = "bench " + model + " -p 8 -n 3 -r 1 -t 1 --parallel 1,4";
    Outcome run = Outcome.of((line + " -o jsonl").split(" "));
    assertThat(run.status()).as(run.err()).isZero();
    assertThat(run.err().lines())
        .containsExactly(
            "measuring pp8 x1",
            "measuring tg3 x1",
            "measuring pp8 x4",
            "measuring tg3 x4",
            "measuring pp8+tg3 x4");
    JsonNode last = new ObjectMapper().readTree(run.out().lines().toList().getLast());
    assertThat(last.get("n_parallel").asInt()).isEqualTo(4);
    assertThat(last.get("n_prompt").asInt()).isEqualTo(8);
    assertThat(last.get("n_gen").asInt()).isEqualTo(3);
    assertThat(last.get("max_wait_steps").asInt()).isPositive();
    assertThat(last.get("avg_ts").asDouble())
        .isCloseTo(22e9 / last.get("avg_ns").asDouble(), within(0.01));
    Outcome table = Outcome.of(line.split(" "));
    assertThat(table.out())
        .contains("|    B | test           | speed |               t/s |")
        .contains("|         p10 .. p90 | steps | longest wait |\n")
        .contains("|    1 | pp8            | S_PP  |")
        .contains("|    4 | tg3            | S_TG  |")
        .contains("|    4 | pp8+tg3        | S     |");
    assertThat(table.out().lines().map(String::length).limit(7).distinct()).hasSize(1);
  }

  @Test
  void measuresMemoryInNewProcess(@TempDir Path folder) throws Exception {
    Path model = RandomModel.small("llama").write(folder.resolve("model.gguf"));
    String line = "bench " + model + " -p 8 -n 3 -r 1 -t 1 -o jsonl --resources";
    Outcome run = Outcome.of(line.split(" "));
    assertThat(run.status()).as(run.err()).isZero();
    assertThat(run.err())
        .contains("measuring pp8 in new processes\nmeasuring tg3 in new processes\n");
    List<String> rows = run.out().lines().toList();
    JsonNode prompt = new ObjectMapper().readTree(rows.get(0));
    JsonNode generation = new ObjectMapper().readTree(rows.get(1));
    assertThat(prompt.get("first_token_ns").asLong()).isGreaterThan(10_000_000);
    assertThat(generation.get("first_token_ns").isNull()).isTrue();
    assumeTrue(Files.exists(Path.of("/proc/self/status")), "skipped: needs Linux's /proc");
    assertThat(prompt.get("peak_bytes").asLong()).isBetween(20_000_000L, 2_000_000_000L);
    assertThat(generation.get("peak_bytes").asLong()).isBetween(20_000_000L, 2_000_000_000L);
  }

  @Test
  void measuresShareOfTheLimit(@TempDir Path folder) throws Exception {
    Path model = RandomModel.small("llama").write(folder.resolve("model.gguf"));
    String line = "bench " + model + " -p 8 -n 2 -r 2 -t 1 -o jsonl --limits";
    Outcome run = Outcome.of(line.split(" "));
    assertThat(run.status()).as(run.err()).isZero();
    List<String> rows = run.out().lines().toList();
    assertThat(rows).hasSize(2);
    for (String row : rows) {
      JsonNode result = new ObjectMapper().readTree(row);
      assertThat(result.get("limit_share").asDouble()).isPositive();
      assertThat(result.get("limit_bytes_per_s").isNull())
          .isEqualTo(result.get("n_gen").asInt() == 0);
    }
  }

  /** Like llama-bench's lists: every combination is a row. */
  @Test
  void measuresEveryCombination(@TempDir Path folder) throws Exception {
    Path one = RandomModel.small("llama").write(folder.resolve("one.gguf"));
    Path two = RandomModel.small("qwen2").write(folder.resolve("two,three.gguf"));
    String rest = "-p 4 -p 3 -n 0 -r 1 -t 1 -b 2,512 --cache-type f16,f32 -o jsonl";
    Outcome run =
        Outcome.of(("bench -m " + one + "," + one + " -m " + two + " " + rest).split(" "));
    assertThat(run.status()).as(run.err()).isZero();
    List<JsonNode> rows = new java.util.ArrayList<>();
    for (String line : run.out().lines().toList()) {
      rows.add(new ObjectMapper().readTree(line));
    }
    assertThat(rows).hasSize(3 * 2 * 2 * 2);
    assertThat(rows.stream().map(r -> r.get("model_filename").asText()).distinct())
        .containsExactly(one.toString(), two.toString());
    assertThat(
            rows.stream()
                .limit(8)
                .map(r -> r.get("type_k").asText() + r.get("n_batch") + "p" + r.get("n_prompt")))
        .containsExactly(
            "f162p4", "f162p3", "f16512p4", "f16512p3", "f322p4", "f322p3", "f32512p4", "f32512p3");
    assertThat(run.err()).contains(one + ": threads 1, batch 2, cache f16\nmeasuring pp4\n");
  }

  @Test
  void tableShowsVaryingSettings(@TempDir Path folder) {
    Path model = RandomModel.small("llama").write(folder.resolve("model.gguf"));
    String line = "bench " + model + " -p 4 -n 0 -r 1 -t 1 -b 2,3 --cache-type f16,f32";
    Outcome run = Outcome.of(line.split(" "));
    assertThat(run.status()).as(run.err()).isZero();
    assertThat(run.out()).contains("| threads | batch | cache | test ").hasLineCount(8);
    assertThat(run.out().lines().map(String::length).limit(6).distinct()).hasSize(1);
    assertThat(run.out()).doesNotContain(", cache f", ", batch ");
    assertThat(Outcome.of((line + " -m none.gguf").split(" ")).err()).contains("none.gguf");
  }

  @Test
  void ignoresDuplicateThreadCounts(@TempDir Path folder) {
    Path model = RandomModel.small("llama").write(folder.resolve("model.gguf"));
    int cores = dev.myelin.graph.Threads.cores();
    String threads = "1," + cores + "," + (cores + 1);
    Outcome run =
        Outcome.of(("bench " + model + " -p 4 -n 0 -r 1 -o csv -t " + threads).split(" "));
    assertThat(run.status()).as(run.err()).isZero();
    assertThat(run.out()).hasLineCount(1 + (cores == 1 ? 1 : 2));
    assertThat(run.err()).containsOnlyOnce("threads: " + (cores + 1) + " requested");
  }
}
