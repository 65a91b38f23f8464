package dev.myelin.cli.options;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.myelin.bindings.peer.LlamaCpp;
import dev.myelin.cli.Outcome;
import dev.myelin.testing.RandomAdapter;
import dev.myelin.testing.RandomModel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code --lora} of the commands that compute. */
class AdapterOptionsTest {
  @TempDir static Path folder;
  static Path model;
  static Path first;
  static Path second;

  @BeforeAll
  static void write() {
    model = RandomModel.small("llama").write(folder.resolve("model.gguf"));
    first = RandomAdapter.ofRank(4).write(folder.resolve("first.gguf"), model);
    second = RandomAdapter.ofRank(2).withSeed(8).write(folder.resolve("second.gguf"), model);
  }

  private static Outcome run(Object... more) {
    Object[] words = {"-m", model, "-t", 1, "--temp", 0, "--ignore-eos", "-p", "once", "-n", 12};
    return Outcome.of("run", Stream.of(words, more).flatMap(Arrays::stream).toArray());
  }

  private static byte[] logits(Object... more) {
    Object[] words = {"-m", model, "-t", 1, "--tokens", "1,2,3"};
    Outcome outcome =
        Outcome.of("logits", Stream.of(words, more).flatMap(Arrays::stream).toArray());
    assertThat(outcome.status()).as(outcome.err()).isZero();
    return outcome.bytes();
  }

  @Test
  void adapterChangesTextAndStatistics() {
    Outcome plain = run();
    Outcome one = run("--lora", first);
    assertThat(one.status()).isZero();
    assertThat(one.out()).isNotEqualTo(plain.out());
    assertThat(plain.err()).doesNotContain("adapter");
    assertThat(one.err().lines())
        .contains("adapter      " + first + ", scale 1.0, 23 matrices, rank 4");
    Outcome two = run("--lora", first, "--lora", second + "=-0.5");
    assertThat(two.err().lines())
        .contains(
            "adapter      " + first + ", scale 1.0, 23 matrices, rank 4",
            "adapter      " + second + ", scale -0.5, 23 matrices, rank 2");
    assertThat(two.out()).isNotEqualTo(one.out());
  }

  @Test
  void appliesScale() {
    byte[] plain = logits();
    byte[] one = logits("--lora", first);
    assertThat(one).isNotEqualTo(plain).isEqualTo(logits("--lora", first + "=1"));
    assertThat(logits("--lora", first + "=0")).isEqualTo(plain);
    assertThat(logits("--lora", first + "=5e-1")).isNotEqualTo(plain).isNotEqualTo(one);
    assertThat(logits("--lora", first, "--lora", second)).isNotEqualTo(one);
  }

  @Test
  void acceptsEqualsSignInFileName() throws Exception {
    byte[] one = logits("--lora", first);
    Path odd = Files.copy(first, folder.resolve("r=4.gguf"));
    assertThat(logits("--lora", odd)).isEqualTo(one);
    assertThat(logits("--lora", odd + "=0")).isEqualTo(logits());
    Path number = Files.copy(first, folder.resolve("rank=0"));
    assertThat(logits("--lora", number)).isEqualTo(one);
    assertThat(logits("--lora", number + "=0")).isEqualTo(logits());
  }

  @ParameterizedTest
  @ValueSource(strings = {"NaN", "Infinity", "-Infinity", "1e99"})
  void rejectsNonFiniteScale(String scale) {
    Outcome outcome = run("--lora", first + "=" + scale);
    assertThat(outcome.status()).isEqualTo(2);
    assertThat(outcome.err()).contains("expected a finite number").hasLineCount(1);
  }

  @Test
  void reportsUnusableAdapter() {
    String none = folder.resolve("none.gguf=much").toString();
    Outcome outcome = run("--lora", none);
    assertThat(outcome.status()).isEqualTo(1);
    assertThat(outcome.err()).isEqualTo("myelin: " + none + ": no such file\n");
    Path other = RandomModel.small("qwen2").write(folder.resolve("other.gguf"));
    Path foreign = RandomAdapter.ofRank(4).write(folder.resolve("foreign.gguf"), other);
    outcome = run("--lora", foreign);
    assertThat(outcome.status()).isEqualTo(1);
    assertThat(outcome.err())
        .isEqualTo(
            "myelin: %s: key general.architecture = \"qwen2\": expected llama, the value of %s: the adapter is for another model%n"
                .formatted(foreign, model));
    outcome = Outcome.of("run", "-m", first, "-p", "x");
    assertThat(outcome.status()).isEqualTo(1);
    assertThat(outcome.err()).contains("general.type = adapter").hasLineCount(1);
  }

  @Test
  void chatStatsShowAdapter() {
    String[] words = {"chat", "-m", model.toString(), "-t", "1", "-n", "4", "--lora", first + "=2"};
    Outcome outcome = Outcome.withInput("once\n/stats\n", words);
    assertThat(outcome.status()).isZero();
    assertThat(outcome.err()).contains("adapter      " + first + ", scale 2.0, 23 matrices");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "perplexity -f TEXT -c 32",
        "score -p once --labels a,b",
        "imatrix -f TEXT -c 32 -o OUT",
      })
  void evaluationsUseAdapter(String line) throws Exception {
    Path text = Files.writeString(folder.resolve("text.txt"), "once upon a time ".repeat(40));
    Path out = folder.resolve("out.gguf");
    Object[] words =
        Stream.concat(
                Stream.of(line.split(" "))
                    .map(w -> w.replace("TEXT", text.toString()).replace("OUT", out.toString())),
                Stream.of("-m", model.toString(), "-t", "1"))
            .toArray();
    Outcome plain = Outcome.of(words[0], Arrays.copyOfRange(words, 1, words.length));
    assertThat(plain.status()).as(plain.err()).isZero();
    byte[] before = Files.exists(out) ? Files.readAllBytes(out) : plain.bytes();
    Outcome adapted = with(words, "--lora", first);
    assertThat(adapted.status()).as(adapted.err()).isZero();
    assertThat(adapted.err().lines())
        .contains("adapter      " + first + ", scale 1.0, 23 matrices, rank 4");
    assertThat(Files.exists(out) ? Files.readAllBytes(out) : adapted.bytes()).isNotEqualTo(before);
    Outcome zero = with(words, "--lora", first + "=0");
    assertThat(Files.exists(out) ? Files.readAllBytes(out) : zero.bytes()).isEqualTo(before);
    Files.deleteIfExists(out);
  }

  private static Outcome with(Object[] words, Object... more) {
    Object[] rest = Arrays.copyOfRange(words, 1, words.length);
    return Outcome.of(words[0], Stream.of(rest, more).flatMap(Arrays::stream).toArray());
  }

  @Test
  void klBaseIgnoresAdapter() throws Exception {
    Path text = Files.writeString(folder.resolve("kl.txt"), "once upon a time ".repeat(40));
    Object[] words = {
      "-m", model, "-f", text, "-c", 32, "-t", 1, "--kl-base", model, "--lora", first, "--json"
    };
    Outcome outcome = Outcome.of("perplexity", words);
    assertThat(outcome.status()).as(outcome.err()).isZero();
    assertThat(outcome.out()).doesNotContain("\"kl_divergence\" : 0.0,");
  }

  @Test
  void benchUsesAdapterInBothEngines() {
    assumeTrue(LlamaCpp.isAvailable(), "no libllama beside this ggml");
    Object[] words = {
      "-m", model, "-t", 1, "-p", 8, "-n", 0, "-r", 1, "--compare", "llama.cpp", "--lora", first
    };
    Outcome outcome = Outcome.of("bench", words);
    assertThat(outcome.status()).as(outcome.err()).isZero();
    assertThat(outcome.out()).contains("llama.cpp", ", adapters " + first + "=1.0\n");
  }
}
