package dev.myelin.evaluate;

import static dev.myelin.testing.RandomModel.Feature.TIED;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.myelin.generate.Session;
import dev.myelin.generate.SessionOptions;
import dev.myelin.gguf.GgmlType;
import dev.myelin.model.Model;
import dev.myelin.state.CacheType;
import dev.myelin.testing.Logits;
import dev.myelin.testing.RandomModel;
import dev.myelin.testing.RandomVocabulary;
import dev.myelin.testing.SharedData;
import dev.myelin.tokenizer.Vocabulary;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Compares perplexity and standard error with those computed from libllama's logits. */
class OraclePerplexityTest {
  /** Relative to the loss: logits differ in their last bits. */
  private static final double F32_BOUND = 1e-5;

  /**
   * Activations are rounded to 8 bits, sometimes differently from libllama, which also rounds their
   * scales to f16.
   */
  private static final double QUANTISED_BOUND = 2e-3;

  /**
   * The trained model has an embedding length of 64: the rounding of two blocks per row hardly
   * averages out.
   */
  private static final double SMALL_MODEL_BOUND = 4e-3;

  private static final int CONTEXT = 64;

  @TempDir static Path folder;

  private record Case(String name, RandomModel model, double bound) {
    @Override
    public String toString() {
      return name;
    }
  }

  @BeforeAll
  static void oracle() {
    Logits.requireOracle();
  }

  static Stream<Case> random() {
    RandomModel llama = RandomModel.small("llama");
    RandomModel llama3 = llama.withVocabulary(RandomVocabulary.Kind.LLAMA_BPE).with(TIED);
    return Stream.of(
        new Case("llama", llama, F32_BOUND),
        new Case("llama 3", llama3, F32_BOUND),
        new Case("qwen2, no BOS", RandomModel.small("qwen2"), F32_BOUND),
        new Case("gpt2", RandomModel.small("gpt2"), F32_BOUND),
        new Case("llama q8_0", llama.withType(GgmlType.Q8_0), QUANTISED_BOUND),
        new Case("llama 3 q4_0", llama3.withType(GgmlType.Q4_0), QUANTISED_BOUND),
        new Case(
            "qwen3 q4_K", RandomModel.small("qwen3").withType(GgmlType.Q4_K), QUANTISED_BOUND));
  }

  @ParameterizedTest
  @MethodSource("random")
  void randomModelsMatchLibllama(Case c) {
    Path file = c.model.write(folder.resolve("random.gguf"));
    int[] tokens = Logits.randomTokens(6 * CONTEXT + 17, c.model.shape().vocabulary(), 5);
    compare(file, tokens, CONTEXT, c.bound);
  }

  @ParameterizedTest
  @ValueSource(strings = {"f32", "Q8_0", "Q4_0"})
  void trainedModelMatchesLibllama(String type) {
    Path file = SharedData.path("models/stories260K-" + type + ".gguf");
    int[] tokens = tokens(file, StoryText.of(6, 1));
    Estimate ours = compare(file, tokens, 128, type.equals("f32") ? F32_BOUND : SMALL_MODEL_BOUND);
    // it was trained on such text: far below the 512 of a uniform guess
    assertThat(ours.exp().value()).isBetween(2.0, 8.0);
  }

  @Test
  void stridedWindowsMatchLibllama() {
    Path file = SharedData.path("models/stories260K-f32.gguf");
    int[] tokens = tokens(file, StoryText.of(5, 2));
    ChunkOptions options = ChunkOptions.defaults().withContextLength(112).withStride(32);
    double[] expected = ReferenceStatistics.windows(file, tokens, 128, 32).losses();
    try (Model model = Model.load(file);
        Session session = Session.open(model, options(128, 512))) {
      TextChunks windows = TextChunks.ofTokens(model, tokens, options);
      assertThat(windows.contextLength()).isEqualTo(128);
      PerplexityResult result = Perplexity.measure(session, windows, step -> {});
      assertThat(result.predictions()).isEqualTo(expected.length);
      assertClose(result.loss(), ReferenceStatistics.estimate(expected), F32_BOUND);
    }
  }

  @Test
  void progressMatchesChunksDone() {
    RandomModel random = RandomModel.small("llama");
    Path file = random.write(folder.resolve("running.gguf"));
    int[] tokens = Logits.randomTokens(5 * CONTEXT, random.shape().vocabulary(), 6);
    double[] losses = ReferenceStatistics.chunks(file, tokens, CONTEXT, 1).losses();
    List<PerplexityResult> steps = new ArrayList<>();
    try (Model model = Model.load(file);
        Session session = Session.open(model, options(CONTEXT, 512))) {
      ChunkOptions options = ChunkOptions.defaults().withContextLength(CONTEXT).withChunks(4);
      TextChunks chunks = TextChunks.ofTokens(model, tokens, options);
      PerplexityResult last = Perplexity.measure(session, chunks, steps::add);
      assertThat(steps).hasSize(4).endsWith(last);
      for (PerplexityResult step : steps) {
        int count = step.chunks() * chunks.predictions();
        assertThat(step.predictions()).isEqualTo(count);
        assertClose(
            step.loss(), ReferenceStatistics.estimate(Arrays.copyOf(losses, count)), F32_BOUND);
      }
    }
  }

  /**
   * One chunk per batch; and chunks of odd length in several batches, of which one has the boundary
   * of the halves.
   */
  private static Estimate compare(Path file, int[] tokens, int context, double bound) {
    Estimate first = null;
    try (Model model = Model.load(file)) {
      for (int length : new int[] {context, context - 1}) {
        ChunkOptions options = ChunkOptions.defaults().withContextLength(length);
        TextChunks chunks = TextChunks.ofTokens(model, tokens, options);
        Vocabulary vocabulary = model.tokenizer().vocabulary();
        int bos = vocabulary.addsBos() ? vocabulary.bos().orElseThrow() : -1;
        double[] losses = ReferenceStatistics.chunks(file, tokens, length, bos).losses();
        int batch = length == context ? 512 : 41;
        try (Session session = Session.open(model, options(length, batch))) {
          PerplexityResult result = Perplexity.measure(session, chunks, step -> {});
          assertThat(result.isComplete()).isTrue();
          assertThat(result.predictions()).isEqualTo(losses.length);
          assertClose(result.loss(), ReferenceStatistics.estimate(losses), bound);
          first = first == null ? result.loss() : first;
        }
      }
    }
    return first;
  }

  private static void assertClose(Estimate ours, Estimate expected, double bound) {
    System.out.printf(
        "loss %.7f ± %.7f, from libllama's logits %.7f ± %.7f%n",
        ours.value(), ours.error(), expected.value(), expected.error());
    double tolerance = bound * Math.max(1, expected.value());
    assertThat(ours.value()).isCloseTo(expected.value(), within(tolerance));
    assertThat(ours.value()).isCloseTo(expected.value(), within(expected.error()));
    assertThat(ours.error()).isCloseTo(expected.error(), within(tolerance));
    assertThat(ours.exp().error()).isCloseTo(ours.exp().value() * ours.error(), within(1e-9));
  }

  private static SessionOptions options(int context, int batch) {
    return SessionOptions.defaults()
        .withContextLength(context)
        .withBatch(batch)
        .withThreads(1)
        .withCacheType(CacheType.F32);
  }

  private static int[] tokens(Path file, String text) {
    try (Model model = Model.load(file)) {
      return model.tokenizer().encode(text, true, false);
    }
  }
}
