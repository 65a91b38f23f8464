package dev.myelin.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.myelin.bindings.peer.LlamaContext;
import dev.myelin.bindings.peer.LlamaContext.FlashAttention;
import dev.myelin.bindings.peer.LlamaModel;
import dev.myelin.error.CancelledException;
import dev.myelin.error.InvalidRequestException;
import dev.myelin.generate.Session;
import dev.myelin.generate.SessionOptions;
import dev.myelin.model.Model;
import dev.myelin.runtime.RuntimeUsage;
import dev.myelin.state.CacheType;
import dev.myelin.testing.Logits;
import dev.myelin.testing.RandomModel;
import dev.myelin.testing.SharedData;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Scores of continuations, compared with libllama and with each other. */
class ScorerTest {
  private static final List<String> LABELS = List.of("positive", "negative", "so so");

  @TempDir static Path folder;
  static Path spm;
  static Path bpe;

  @BeforeAll
  static void write() {
    spm = RandomModel.small("llama").write(folder.resolve("spm.gguf"));
    bpe = RandomModel.small("qwen2").write(folder.resolve("bpe.gguf"));
  }

  private static Session open(Model model) {
    return Session.open(
        model,
        SessionOptions.defaults()
            .withContextLength(128)
            .withThreads(1)
            .withCacheType(CacheType.F32));
  }

  private static Ranking rank(Path file, String prompt, List<String> continuations) {
    try (Model model = Model.load(file);
        Session session = open(model)) {
      return new Scorer(session, Normalization.SUM, true).rank(prompt, continuations);
    }
  }

  /**
   * The log-probability of each continuation from libllama's logits, from the point where they
   * differ.
   */
  private static double[] libllamaScores(Path file, String prompt, List<String> continuations) {
    double[] sums = new double[continuations.size()];
    LlamaContext.Options options =
        new LlamaContext.Options(128, 128, 1, CacheType.F32.type().id(), FlashAttention.OFF);
    try (LlamaModel model = LlamaModel.load(file, LlamaModel.Options.NO_REPACK);
        LlamaContext context = model.createContext(options)) {
      List<int[]> all = new ArrayList<>(List.of(model.tokenize(prompt, true, true)));
      continuations.forEach(c -> all.add(model.tokenize(prompt + c, true, true)));
      int common = 0;
      int[] first = all.getFirst();
      while (common < first.length && sameAt(all, common)) {
        common++;
      }
      int from = common;
      for (int i = 0; i < sums.length; i++) {
        int[] tokens = all.get(i + 1);
        int at = i;
        context.clear();
        context.feedAll(
            tokens,
            (position, logits) -> {
              if (position >= from - 1 && position < tokens.length - 1) {
                sums[at] +=
                    ReferenceStatistics.logSoftmax(Logits.copy(logits))[tokens[position + 1]];
              }
            });
      }
    }
    return sums;
  }

  /** Whether all have the same token at this position, and another one after it. */
  private static boolean sameAt(List<int[]> all, int at) {
    int[] prompt = all.getFirst();
    return all.stream()
        .skip(1)
        .allMatch(tokens -> at < tokens.length - 1 && tokens[at] == prompt[at]);
  }

  @ParameterizedTest
  @CsvSource({
    "once upon a time it was,spm",
    "once upon,bpe",
    "i,bpe",
    "'',spm",
    "größe:,bpe",
    "the,spm"
  })
  void scoresMatchLibllama(String prompt, String kind) {
    Logits.requireOracle();
    Path file = kind.equals("spm") ? spm : bpe;
    // CsvSource strips a trailing space
    String fullPrompt = prompt.isEmpty() ? "" : prompt + " ";
    double[] expected = libllamaScores(file, fullPrompt, LABELS);
    Ranking ranking = rank(file, fullPrompt, LABELS);
    for (int i = 0; i < expected.length; i++) {
      ContinuationScore score = ranking.scores().get(i);
      assertThat(score.continuation()).isEqualTo(LABELS.get(i));
      assertThat(score.logProbability()).isCloseTo(expected[i], within(1e-3));
      assertThat(score.mean()).isCloseTo(expected[i] / score.tokens(), within(1e-3));
    }
    assertThat(ranking.probabilities().stream().mapToDouble(p -> p).sum())
        .isCloseTo(1, within(1e-9));
  }

  @Test
  void trainedModelPrefersPlausibleContinuation() {
    Path story = SharedData.path("models/stories260K-f32.gguf");
    String prompt = "Once upon a time, there was a little girl named ";
    Ranking ranking = rank(story, prompt, List.of("table", "Lily", "Tuesday"));
    assertThat(ranking.best().continuation()).isEqualTo("Lily");
    assertThat(ranking.probabilities().get(1)).isGreaterThan(0.9);
  }

  @Test
  void tokenMaySpanPromptBoundary() {
    Path story = SharedData.path("models/stories260K-f32.gguf");
    // "Lily" is a token: after "Li", all three are scored from before it
    Ranking ranking = rank(story, "a girl named Li", List.of("ly", "sa", "ttle"));
    int before;
    try (Model model = Model.load(story)) {
      before = model.tokenizer().encode("a girl named Li", true, true).length;
    }
    assertThat(ranking.promptTokens()).isLessThan(before);
    assertThat(ranking.best().continuation()).isEqualTo("ly");
  }

  @Test
  void scoreIsSumOfScoresOfParts() {
    Path story = SharedData.path("models/stories260K-f32.gguf");
    String prompt = "Once upon a time";
    double both =
        rank(story, prompt, List.of(", there was", " and")).scores().get(0).logProbability();
    double first = rank(story, prompt, List.of(",", " and")).scores().get(0).logProbability();
    double second =
        rank(story, prompt + ",", List.of(" there was", " and")).scores().get(0).logProbability();
    assertThat(first + second).isCloseTo(both, within(1e-4));
  }

  @Test
  void promptsInOneSessionAreIndependent() {
    List<String> prompts = List.of("once upon a time ", "once upon a ", "twice upon ", "o");
    try (Model model = Model.load(spm);
        Session session = open(model)) {
      Scorer scorer = new Scorer(session, Normalization.MEAN, true);
      for (String prompt : prompts) {
        Ranking shared = scorer.rank(prompt, LABELS);
        try (Session fresh = open(model)) {
          Ranking alone = new Scorer(fresh, Normalization.MEAN, true).rank(prompt, LABELS);
          assertThat(shared.bestIndex()).isEqualTo(alone.bestIndex());
          for (int i = 0; i < LABELS.size(); i++) {
            assertThat(shared.scores().get(i).logProbability())
                .isCloseTo(alone.scores().get(i).logProbability(), within(1e-3));
          }
        }
        assertThat(session.position()).isEqualTo(shared.promptTokens());
      }
    }
  }

  @Test
  void forksScoreTheSame() {
    List<String> labels =
        List.of("positive", "negative", "so so", "a", "it is hard to say what it was", "b");
    SessionOptions options =
        SessionOptions.defaults().withContextLength(128).withThreads(1).withBatch(20);
    try (Model model = Model.load(spm);
        Session one = Session.open(model, options)) {
      boolean isExact = one.batchDependence().isEmpty();
      Scorer alone = new Scorer(one, Normalization.SUM, true);
      for (int sequences : new int[] {2, 4, 6}) {
        try (Session session = Session.open(model, options, sequences)) {
          Scorer together = new Scorer(session, Normalization.SUM, true);
          for (String prompt : List.of("once upon a time it was ", "once upon ", "o", "x y ")) {
            Ranking ranking = together.rank(prompt, labels);
            assertSame(ranking, alone.rank(prompt, labels), isExact);
            assertThat(session.position()).isEqualTo(ranking.promptTokens());
          }
          RuntimeUsage usage = session.runtime().usage();
          assertThat(usage.sequences()).isEqualTo(1);
          assertThat(usage.steps()).isLessThan(one.runtime().usage().steps());
        }
      }
    }
  }

  /**
   * @param isExact whether results do not depend on the batch, to the bit
   */
  private static void assertSame(Ranking actual, Ranking expected, boolean isExact) {
    if (isExact) {
      assertThat(actual).isEqualTo(expected);
      return;
    }
    assertThat(actual.bestIndex()).isEqualTo(expected.bestIndex());
    for (int i = 0; i < expected.scores().size(); i++) {
      assertThat(actual.scores().get(i).logProbability())
          .isCloseTo(expected.scores().get(i).logProbability(), within(1e-3));
    }
  }

  @Test
  void scoresDoNotDependOnOrder() {
    Ranking forward = rank(spm, "it was ", LABELS);
    Ranking backward = rank(spm, "it was ", LABELS.reversed());
    assertThat(backward.best().continuation()).isEqualTo(forward.best().continuation());
    for (int i = 0; i < LABELS.size(); i++) {
      assertThat(backward.scores().get(LABELS.size() - 1 - i).logProbability())
          .isCloseTo(forward.scores().get(i).logProbability(), within(1e-4));
    }
  }

  @Test
  void rejectsInvalidContinuations() {
    assertRejected(List.of(), "continuations: expected two or more, found 0");
    assertRejected(List.of("a"), "continuations: expected two or more, found 1");
    assertRejected(List.of("a", "b", "a"), "continuation 'a' is given twice: expected each once");
    assertRejected(List.of("a", ""), "a continuation is empty: expected a text");
  }

  private static void assertRejected(List<String> continuations, String message) {
    assertThatThrownBy(() -> rank(spm, "x", continuations))
        .isInstanceOf(InvalidRequestException.class)
        .hasMessage(message);
  }

  @Test
  void rejectsEmptyAndTooLongPrompts() {
    assertThatThrownBy(() -> rank(bpe, "", LABELS))
        .isInstanceOf(InvalidRequestException.class)
        .hasMessageContaining("the prompt has no token in common with all continuations");
    String[] words = new String[400];
    Arrays.fill(words, "zq");
    assertThatThrownBy(() -> rank(spm, String.join(" ", words), LABELS))
        .isInstanceOf(InvalidRequestException.class)
        .hasMessageContaining("prompt and continuation have ")
        .hasMessageContaining(": expected at most 129, the context and one");
  }

  @Test
  void cancelledSessionThrows() {
    try (Model model = Model.load(spm);
        Session session = open(model)) {
      session.cancel();
      Scorer scorer = new Scorer(session, Normalization.SUM, true);
      assertThatThrownBy(() -> scorer.rank("x ", LABELS)).isInstanceOf(CancelledException.class);
      session.resume();
      assertThat(scorer.rank("x ", LABELS).scores()).hasSize(3);
    }
  }

  @Test
  void parsesNormalizationLabels() {
    assertThat(Normalization.of("Mean")).isEqualTo(Normalization.MEAN);
    assertThatThrownBy(() -> Normalization.of("max"))
        .isInstanceOf(InvalidRequestException.class)
        .hasMessage("normalize max: known are sum, mean");
  }
}
