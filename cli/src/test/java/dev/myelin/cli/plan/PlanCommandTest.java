package dev.myelin.cli.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.myelin.cli.Outcome;
import dev.myelin.plan.KnownModels;
import dev.myelin.testing.RandomModel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code myelin plan}, with a given bandwidth, so that the results are known. */
class PlanCommandTest {
  @TempDir Path folder;

  private static JsonNode json(String... args) throws Exception {
    List<String> line = new ArrayList<>(List.of("plan", "--json", "--bandwidth", "10GB/s"));
    line.addAll(List.of(args));
    Outcome run = Outcome.of(line.toArray(String[]::new));
    assertThat(run.err()).isEmpty();
    assertThat(run.status()).isZero();
    return new ObjectMapper().readTree(run.out());
  }

  @Test
  void printsTable() {
    Outcome run =
        Outcome.of(
            "plan", "llama-3.2-1b", "--bandwidth", "50GB", "--types", "q8_0,Q4_K_M", "-c", "1000");
    assertThat(run.err()).isEmpty();
    assertThat(run.status()).isZero();
    List<String> lines = run.out().lines().toList();
    assertThat(lines.getFirst())
        .isEqualTo(
            "model      Llama 3.2 1B (https://huggingface.co/meta-llama/Llama-3.2-1B),"
                + " 1,235,814,400 parameters");
    assertThat(lines).contains("cache      32.8 MB in f16 for 1,000 tokens");
    assertThat(lines).contains("bandwidth  50.0 GB/s, as given");
    assertThat(lines)
        .anyMatch(l -> l.matches("memory     [\\d.]+ [MGT]B, [\\d.]+ [MGT]B available"));
    assertThat(lines.get(lines.size() - 2))
        .matches("Q8_0 +8\\.50 +1\\.31 GB +1\\.35 GB +(yes|if freed|no).* 37\\.\\d");
    assertThat(lines.getLast())
        .matches("Q4_K_M +5\\.18 +800 MB +833 MB +(yes|if freed|no).* 60\\.\\d");
  }

  @Test
  void printsJsonOfMixture() throws Exception {
    JsonNode root = json("-m", "Mixtral 8x7B", "--context", "2000", "--cache-type", "q8_0");
    assertThat(root.at("/model/name").asText()).isEqualTo("Mixtral 8x7B");
    assertThat(root.at("/model/parameters").asLong()).isEqualTo(46_702_792_704L);
    assertThat(root.at("/model/experts").asInt()).isEqualTo(8);
    assertThat(root.at("/model/experts_used").asInt()).isEqualTo(2);
    assertThat(root.at("/model/reference_model").isNull()).isTrue();
    long cache = 2000L * 32 * 2 * 1024 / 32 * 34;
    assertThat(root.at("/cache/bytes").asLong()).isEqualTo(cache);
    assertThat(root.at("/cache/context").asLong()).isEqualTo(2000);
    assertThat(root.at("/machine/bandwidth_bytes_per_second").asLong()).isEqualTo(10_000_000_000L);
    assertThat(root.at("/machine/measured").asBoolean()).isFalse();
    assertThat(root.at("/machine/available_bytes").asLong()).isPositive();
    assertThat(root.has("training")).isFalse();
    List<String> types = new ArrayList<>();
    for (JsonNode row : root.get("quantizations")) {
      types.add(row.get("type").asText());
      assertThat(row.get("total_bytes").asLong())
          .isEqualTo(row.get("weight_bytes").asLong() + cache);
      assertThat(row.get("tokens_per_second").asDouble())
          .isCloseTo(1e10 / (row.get("active_bytes").asDouble() + cache), within(1e-9));
      assertThat(row.get("bits_per_weight").asDouble())
          .isCloseTo(row.get("weight_bytes").asDouble() * 8 / 46_702_792_704L, within(1e-9));
      assertThat(row.get("fits").asText()).isIn("yes", "if freed", "no");
      assertThat(row.get("fits_device").isObject()).isTrue();
    }
    assertThat(types).startsWith("F32", "F16").contains("Q4_K_M", "IQ2_XS", "MXFP4_MOE");
  }

  @Test
  void showsThatModelDoesNotFit() throws Exception {
    JsonNode root = json("--params", "1760T", "--active", "280B", "--types", "q4_0");
    assertThat(root.at("/model/reference_model").asText()).isEqualTo("Llama 3.1 405B");
    assertThat(root.at("/cache/bytes").isNull()).isTrue();
    assertThat(root.at("/model/active").asLong()).isEqualTo(280_000_000_000L);
    assertThat(root.at("/quantizations/0/fits").asText()).isEqualTo("no");
    assertThat(json("--params", "1k", "--types", "q4_0").at("/quantizations/0/fits").asText())
        .isEqualTo("yes");
  }

  @Test
  void shapeOptionsDescribeModel() throws Exception {
    JsonNode shape =
        json(
            "--layers",
            "16",
            "--width",
            "2048",
            "--heads",
            "32",
            "--kv-heads",
            "8",
            "--feed-forward",
            "8192",
            "--vocab-size",
            "128256",
            "--tied",
            "-c",
            "512");
    JsonNode named = json("llama3.2-1b", "-c", "512");
    assertThat(shape.get("quantizations")).isEqualTo(named.get("quantizations"));
    assertThat(shape.get("cache")).isEqualTo(named.get("cache"));
    JsonNode experts =
        json(
            "--layers",
            "32",
            "--width",
            "4096",
            "--heads",
            "32",
            "--kv-heads",
            "8",
            "--head-size",
            "128",
            "--feed-forward",
            "14336",
            "--vocab-size",
            "32000",
            "--experts",
            "8");
    assertThat(experts.at("/model/parameters").asLong()).isEqualTo(46_702_792_704L);
    assertThat(experts.at("/model/experts_used").asInt()).isEqualTo(2);
  }

  @Test
  void readsFile() throws Exception {
    Path file = RandomModel.small("llama").write(folder.resolve("m.gguf"));
    JsonNode root = json(file.toString(), "--types", "q8_0");
    assertThat(root.at("/quantizations/0/type").asText()).isEqualTo("as is");
    assertThat(root.at("/quantizations/0/bits_per_weight").asDouble()).isEqualTo(32);
    assertThat(root.at("/quantizations/1/type").asText()).isEqualTo("Q8_0");
    assertThat(root.at("/model/source").asText()).isEqualTo(file.toString());
    assertThat(root.at("/cache/context").asInt()).isEqualTo(512);
  }

  @Test
  void computesTrainingFlops() throws Exception {
    JsonNode root = json("gpt-3-175b", "--train-tokens", "300B", "--types", "f16");
    // GPT-3's paper has 3.14e23
    assertThat(root.at("/training/flops").asDouble()).isCloseTo(3.14e23, within(0.02e23));
    assertThat(
            Outcome.of("plan", "gpt-3-175b", "--train-tokens", "300B", "--bandwidth", "1GB").out())
        .contains("training   3.14e+23 FLOPs for 300 G tokens");
  }

  @Test
  void listsModels() throws Exception {
    Outcome run = Outcome.of("plan", "--list");
    assertThat(run.status()).isZero();
    assertThat(run.out().lines().count()).isEqualTo(KnownModels.all().size() + 1L);
    assertThat(run.out()).contains("deepseek-v3-671b").contains("https://arxiv.org/abs/2412.19437");
    JsonNode list = new ObjectMapper().readTree(Outcome.of("plan", "--list", "--json").out());
    assertThat(list).hasSize(KnownModels.all().size());
    assertThat(list.get(0).get("id").asText()).isEqualTo("gpt-1-117m");
  }

  @Test
  void measuresMemorySpeed() {
    Outcome run = Outcome.of("plan", "smollm2-135m", "--types", "q8_0", "-t", "1");
    assertThat(run.status()).isZero();
    assertThat(run.out())
        .containsPattern(
            "bandwidth +[\\d.]+ [kMGT]B/s, measured with 1 thread reading [\\d.]+ [kMGT]B");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "plan | no model: give a name from --list, a GGUF file, --params N, or a shape",
        "plan llama-3.2-1b --params 7B | several models: give a name from --list",
        "plan lama-3.2-1b | unknown model 'lama-3.2-1b': did you mean llama-3.2-1b?",
        "plan nonsense | unknown model 'nonsense': not in --list",
        "plan --params 8x7B | parameters = 8x7B: expected a number such as 350M, 7B or 1.76T",
        "plan --params 7B --active 8B | active = 8000000000: expected 1 to the 7000000000",
        "plan llama-3.2-1b --active 8B | --active: expected with --params",
        "plan llama-3.2-1b --types q4_k_n | type q4_k_n: did you mean q4_k_m?",
        "plan llama-3.2-1b --types x | type x: known are f32, f16",
        "plan llama-3.2-1b --bandwidth fast | bandwidth = fast: expected bytes per second",
        "plan llama-3.2-1b -c -5 | context = -5: expected 0 to",
        "plan llama-3.2-1b --cache-type q4 | cache type q4: known are f32, f16, bf16, q8_0, q5_1,"
            + " q5_0, q4_1, q4_0, iq4_nl",
        "plan llama-3.2-1b -t -1 | threads = -1: expected 0 to 512",
        "plan llama-3.2-1b --train-tokens many | tokens = many: expected a number such as",
        "plan phi-3-mini-3.8b --cache-tpe q8_0 | unknown option '--cache-tpe': did you mean",
        "plan --layers 2 --tied | the shape also needs --width, --heads, --feed-forward,"
            + " --vocab-size",
        "plan --layers 2 --width 10 --heads 3 --feed-forward 4 --vocab-size 9 | --heads 3:"
            + " expected a divisor of --width 10, or --head-size N",
        "plan --layers 2 --width 12 --heads 3 --kv-heads 2 --feed-forward 4 --vocab-size 9 |"
            + " --kv-heads 2: expected a divisor of --heads 3",
        "plan --layers 2 --width 12 --heads 3 --feed-forward 4 --vocab-size 9 --experts 4"
            + " --experts-used 5 | --experts-used 5: expected 1 to 4",
        "plan --layers 2 --width -12 --heads 3 --feed-forward 4 --vocab-size 9 | --width -12:"
            + " expected 1 or more",
        "plan --layers 900 --width 12 --heads 3 --feed-forward 4 --vocab-size 9 |"
            + " llama.block_count = u32 900: 1 to 512",
        "plan --layers 2 --width 12 --heads 3 --feed-forward 4 --vocab-size 9 --experts-used 2 |"
            + " --experts-used: expected with --experts",
        "plan --layers 2 --width 12 --heads 3 --feed-forward 4 --vocab-size 9 --cache-type q8_0 |"
            + " cache type q8_0: expected a head size that is a multiple of 32",
      })
  void rejectsWrongUsage(String line, String message) {
    Outcome run = Outcome.of(line.strip().split(" "));
    assertThat(run.err()).contains(message).hasLineCount(1);
    assertThat(run.status()).isEqualTo(2);
    assertThat(run.out()).isEmpty();
  }

  @Test
  void rejectsFilesWithoutModel() throws Exception {
    Path text = Files.writeString(folder.resolve("text.gguf"), "no model at all");
    Outcome bad = Outcome.of("plan", text);
    assertThat(bad.status()).isEqualTo(1);
    assertThat(bad.err()).hasLineCount(1).contains("text.gguf: magic");
    Outcome none = Outcome.of("plan", folder.resolve("none.gguf"));
    assertThat(none.status()).isEqualTo(1);
    assertThat(none.err()).hasLineCount(1).contains("none.gguf: no such file");
    Path empty = folder.resolve("empty.gguf");
    new dev.myelin.gguf.GgufWriter().put("general.architecture", "llama").write(empty);
    Outcome nothing = Outcome.of("plan", empty);
    assertThat(nothing.status()).isEqualTo(1);
    assertThat(nothing.err()).contains("has no tensors, expected a model");
  }
}
