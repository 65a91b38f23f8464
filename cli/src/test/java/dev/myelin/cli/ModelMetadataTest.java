package dev.myelin.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.myelin.testing.ChangedModel;
import dev.myelin.testing.RandomModel;
import dev.myelin.testing.RandomModel.Shape;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Effects of metadata keys on commands. */
class ModelMetadataTest {
  private static final MemorySegment GOOD =
      RandomModel.small("llama")
          .withShape(new Shape(1, 64, 4, 2, 16, 96, 320, 128))
          .writer()
          .toBytes();

  @TempDir static Path folder;

  private static ChangedModel changed() {
    return new ChangedModel(GOOD);
  }

  private static Path written(ChangedModel model) {
    Path file = folder.resolve("model.gguf");
    model.write(file);
    return file;
  }

  private static Outcome run(Path model, Object... more) {
    Object[] words = {"-m", model, "-t", 1, "-p", "ab", "-n", 12, "--ignore-eos"};
    Object[] all = Arrays.copyOf(words, words.length + more.length);
    System.arraycopy(more, 0, all, words.length, more.length);
    return Outcome.of("run", all);
  }

  @Test
  void optionsOverrideRecommendedSampling() {
    Path plain = written(changed());
    String greedy = run(plain, "--temp", 0).out();
    String drawn = run(plain, "--temp", 3, "--top-k", 0, "--min-p", 0, "-s", 5).out();
    assertThat(drawn).isNotEqualTo(greedy);
    Path model =
        written(changed().put("general.sampling.temp", 0f).put("general.sampling.top_k", 1));
    Outcome first = run(model);
    assertThat(first.out()).isEqualTo(greedy);
    assertThat(run(model).out()).isEqualTo(greedy);
    assertThat(first.err())
        .containsPattern("sampling +the model recommends temperature = 0.0, top-k = 1\n");
    assertThat(run(model, "--temp", 3, "--top-k", 0, "--min-p", 0, "-s", 5).out()).isEqualTo(drawn);
  }

  @Test
  void reportsInvalidRecommendation() {
    Path model = written(changed().put("general.sampling.temp", -1f));
    assertThat(run(model).status()).isEqualTo(1);
    assertThat(run(model).err())
        .isEqualTo(
            "myelin: %s: key general.sampling.temp = f32 -1.0: expected 0 or more\n"
                .formatted(model));
  }

  @ParameterizedTest
  @ValueSource(strings = {"run", "logits", "tokenize", "perplexity", "imatrix", "score"})
  void printsNoteOnce(String command) {
    Path model = written(changed().put("tokenizer.ggml.eot_token_id", 99_999));
    String text = "a b c d ".repeat(200);
    List<Object> options =
        switch (command) {
          case "run" -> List.of("-p", "ab", "-n", 1, "-t", 1);
          case "logits" -> List.of("--tokens", 1, "-o", folder.resolve("o"), "-t", 1);
          case "perplexity" -> List.of("-f", "-", "-c", 32, "-t", 1, "--chunks", 2);
          case "imatrix" ->
              List.of("-f", "-", "-c", 32, "-o", folder.resolve("i"), "-t", 1, "--chunks", 2);
          case "score" -> List.of("-p", "ab", "--labels", "a,b", "-t", 1);
          default -> List.of();
        };
    List<String> words = new ArrayList<>(List.of(command, "-m", model.toString()));
    options.forEach(o -> words.add(o.toString()));
    Outcome outcome = Outcome.withInput(text, words.toArray(String[]::new));
    assertThat(outcome.status()).as(outcome.err()).isZero();
    assertThat(outcome.err())
        .containsOnlyOnce(
            "note: %s: key tokenizer.ggml.eot_token_id = 99999 is not a token, expected 0 to 319: ignored\n"
                .formatted(model));
  }

  @Test
  void modelWithoutVocabularyAcceptsIdsOnly() {
    ChangedModel without = changed();
    for (String key : List.of("tokens", "scores", "token_type", "unknown_token_id")) {
      without.drop("tokenizer.ggml." + key);
    }
    without.drop("tokenizer.ggml.bos_token_id").drop("tokenizer.ggml.eos_token_id");
    Path model =
        written(without.put("tokenizer.ggml.model", "no_vocab").put("llama.vocab_size", 320));
    Path out = folder.resolve("logits");
    assertThat(Outcome.of("logits", "-m", model, "--tokens", "1,2,319", "-o", out).status())
        .isZero();
    assertThat(out).hasSize(3 * 320 * 4);
    assertThat(Outcome.of("inspect", model).status()).isZero();
    Outcome beyond = Outcome.of("logits", "-m", model, "--tokens", "320", "-o", out);
    assertThat(beyond.err()).contains("token id 320: the vocabulary has 0 to 319");
    String line =
        "myelin: %s: key tokenizer.ggml.model = \"no_vocab\": the file has no vocabulary:"
            + " expected one to encode and decode text\n";
    for (String command : List.of("run", "logits")) {
      Outcome refused = Outcome.of(command, "-m", model, "-p", "ab", "-t", 1);
      assertThat(refused.status()).isEqualTo(1);
      assertThat(refused.err()).endsWith(line.formatted(model));
    }
    Outcome tokens = Outcome.withInput("ab", "tokenize", "-m", model.toString());
    assertThat(tokens.err()).isEqualTo(line.formatted(model));
  }
}
