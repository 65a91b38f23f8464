package dev.myelin.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.myelin.error.InvalidRequestException;
import dev.myelin.generate.Session;
import dev.myelin.generate.SessionOptions;
import dev.myelin.gguf.GgmlType;
import dev.myelin.model.Model;
import dev.myelin.state.CacheType;
import dev.myelin.testing.Dequantized;
import dev.myelin.testing.Logits;
import dev.myelin.testing.RandomModel;
import dev.myelin.testing.RandomVocabulary;
import dev.myelin.testing.SharedData;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Comparison of a quantised model with its original, as a model or as a file. */
class KlDivergenceTest {
  /** Tolerance of statistics from the same logits, and from two engines with f32 weights. */
  private static final double BOUND = 1e-4;

  /** Maximum ratio of our error to libllama's, where both round activations. */
  private static final double MAX_ERROR_RATIO = 1.5;

  private static final int BOS = 1;
  private static final int CONTEXT = 64;

  @TempDir static Path folder;
  static Path original;
  static Path quantised;
  static int[] tokens;

  @BeforeAll
  static void write() {
    RandomModel random = RandomModel.small("llama");
    original = random.write(folder.resolve("f32.gguf"));
    quantised = random.withType(GgmlType.Q4_0).write(folder.resolve("q4_0.gguf"));
    tokens = Logits.randomTokens(5 * CONTEXT + 3, random.shape().vocabulary(), 7);
  }

  private static SessionOptions options(int context) {
    return SessionOptions.defaults()
        .withContextLength(context)
        .withThreads(1)
        .withCacheType(CacheType.F32);
  }

  private static ChunkOptions chunkOptions(int context) {
    return ChunkOptions.defaults().withContextLength(context);
  }

  private static KlResult compare(Path file, Path base, int[] ids, int context) {
    try (Model model = Model.load(file);
        Model other = Model.load(base);
        Session session = Session.open(model, options(context).withBatch(50));
        Session second = Session.open(other, options(context).withBatch(50))) {
      TextChunks chunks = TextChunks.ofTokens(model, ids, chunkOptions(context));
      return KlDivergence.measure(session, second, chunks, step -> {});
    }
  }

  @Test
  void modelDoesNotDivergeFromItself() {
    KlResult result = compare(quantised, quantised, tokens, CONTEXT);
    KlStatistics f = result.statistics();
    assertThat(f.divergence()).isEqualTo(new Estimate(0, 0));
    assertThat(result.divergences().value(1)).isZero();
    assertThat(f.sameTop()).isEqualTo(new Estimate(1, 0));
    assertThat(f.ratio().value()).isEqualTo(1);
    assertThat(f.logRatio().error()).isCloseTo(0, within(1e-7)); // the root of a rounding error
    assertThat(f.difference().value()).isZero();
    assertThat(f.correlation()).isCloseTo(1, within(1e-9));
    assertThat(f.rmsDeltaP()).isEqualTo(new Estimate(0, 0));
    assertThat(f.predictions()).isEqualTo(5 * 31);
  }

  @Test
  void randomModelMatchesLibllama() {
    Logits.requireOracle();
    assertMatchesLibllama(quantised, original, tokens, CONTEXT);
  }

  @Test
  void trainedModelMatchesLibllama() {
    Logits.requireOracle();
    Path f32 = SharedData.path("models/stories260K-f32.gguf");
    Path q4 = SharedData.path("models/stories260K-Q4_0.gguf");
    int[] ids;
    try (Model model = Model.load(f32)) {
      ids = model.tokenizer().encode(StoryText.of(6, 3), true, false);
    }
    assertMatchesLibllama(q4, f32, ids, 128);
  }

  /**
   * Compares with statistics computed from our logits of the quantised model and libllama's logits
   * of the original. Our logits of the quantised model are as close to those of its dequantised
   * weights as libllama's. Both engines round activations, so their statistics differ by a fraction
   * of this error.
   */
  private static void assertMatchesLibllama(Path file, Path base, int[] ids, int context) {
    KlResult result = compare(file, base, ids, context);
    ReferenceStatistics.Predictions q = ReferenceStatistics.ours(file, ids, context, BOS);
    ReferenceStatistics.Predictions p = ReferenceStatistics.chunks(base, ids, context, BOS);
    int count = q.rows().size();
    double[] divergences = new double[count];
    double[] deltas = new double[count];
    double[] losses = q.losses();
    double[] originals = p.losses();
    int same = 0;
    for (int i = 0; i < count; i++) {
      divergences[i] = ReferenceStatistics.klDivergence(p.rows().get(i), q.rows().get(i));
      deltas[i] = Math.exp(-losses[i]) - Math.exp(-originals[i]);
      same +=
          ReferenceStatistics.argmax(p.rows().get(i)) == ReferenceStatistics.argmax(q.rows().get(i))
              ? 1
              : 0;
    }
    KlStatistics f = result.statistics();
    assertClose(f.divergence(), ReferenceStatistics.estimate(divergences));
    assertClose(f.deltaP(), ReferenceStatistics.estimate(deltas));
    assertClose(f.loss(), ReferenceStatistics.estimate(losses));
    assertClose(f.originalLoss(), ReferenceStatistics.estimate(originals));
    double[] ratios = new double[count];
    Arrays.setAll(ratios, i -> losses[i] - originals[i]);
    // the error of the difference is that of the paired differences
    assertClose(f.logRatio(), ReferenceStatistics.estimate(ratios));
    // ties may be broken differently
    assertThat(f.sameTop().value()).isCloseTo((double) same / count, within(1.5 / count));
    Arrays.sort(divergences);
    assertThat(result.divergences().value(1)).isCloseTo(divergences[count - 1], within(20 * BOUND));
    assertThat(result.divergences().value(0)).isNotNegative();

    Path widened = Dequantized.write(file, folder.resolve("dequantized.gguf"));
    ReferenceStatistics.Predictions exact = ReferenceStatistics.chunks(widened, ids, context, BOS);
    double ours = meanDivergence(exact, q);
    double theirs = meanDivergence(exact, ReferenceStatistics.chunks(file, ids, context, BOS));
    System.out.printf(
        "KL %.6f ± %.6f; against the dequantised model %.2e, libllama's %.2e%n",
        f.divergence().value(), f.divergence().error(), ours, theirs);
    assertThat(theirs).isBetween(1e-7, 1e-2);
    assertThat(ours).isLessThan(MAX_ERROR_RATIO * theirs);
  }

  private static double meanDivergence(
      ReferenceStatistics.Predictions of, ReferenceStatistics.Predictions other) {
    double sum = 0;
    for (int i = 0; i < of.rows().size(); i++) {
      sum += ReferenceStatistics.klDivergence(of.rows().get(i), other.rows().get(i));
    }
    return sum / of.rows().size();
  }

  private static void assertClose(Estimate ours, Estimate expected) {
    assertThat(ours.value()).isCloseTo(expected.value(), within(BOUND));
    assertThat(ours.error()).isCloseTo(expected.error(), within(BOUND));
  }

  @Test
  void logitsFileReplacesOriginalModel() throws Exception {
    Path saved = folder.resolve("f32.logits");
    KlStatistics read;
    List<KlStatistics> steps = new ArrayList<>();
    try (Model model = Model.load(original);
        Session session = Session.open(model, options(CONTEXT))) {
      TextChunks chunks = TextChunks.ofTokens(model, tokens, chunkOptions(CONTEXT));
      try (LogitsFileWriter writer = new LogitsFileWriter(saved, chunks, 320)) {
        Perplexity.measure(session, chunks, writer, step -> {});
        assertThat(saved).doesNotExist();
        writer.commit();
      }
    }
    try (Model model = Model.load(quantised);
        Session session = Session.open(model, options(CONTEXT));
        LogitsFile file = LogitsFile.open(saved)) {
      TextChunks chunks = TextChunks.of(model, file, ChunkOptions.ALL);
      read = KlDivergence.measure(session, file, chunks, steps::add).statistics();
    }
    assertThat(steps).hasSize(5).endsWith(read);
    KlStatistics run = compare(quantised, original, tokens, CONTEXT).statistics();
    assertThat(read.predictions()).isEqualTo(run.predictions());
    assertThat(read.loss().value()).isCloseTo(run.loss().value(), within(1e-3));
    // log-probabilities are clipped at 16 below the maximum, which this random model reaches
    assertThat(read.originalLoss().value()).isLessThan(run.originalLoss().value());
    assertThat(read.divergence().value()).isCloseTo(run.divergence().value(), within(2e-3));
    assertThat(read.sameTop()).isEqualTo(run.sameTop());
    assertThat(read.originalLoss().value()).isCloseTo(meanLoss(saved), within(1e-6));
  }

  /**
   * The mean loss in a file of 5 chunks of 64 tokens, vocabulary 320, computed from the raw bytes.
   */
  private static double meanLoss(Path file) throws Exception {
    ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
    assertThat(new String(bytes.array(), 0, 8, StandardCharsets.US_ASCII)).isEqualTo("_logits_");
    assertThat(bytes.getInt(8)).isEqualTo(64);
    assertThat(bytes.getInt(12)).isEqualTo(320);
    assertThat(bytes.getInt(16)).isEqualTo(5);
    int rows = 20 + 5 * 64 * 4;
    int rowBytes = 4 + 4 + 320 * 2;
    assertThat(bytes.capacity()).isEqualTo(rows + 5 * 31 * rowBytes);
    double sum = 0;
    for (int chunk = 0; chunk < 5; chunk++) {
      for (int row = 0; row < 31; row++) {
        int token = bytes.getInt(20 + (chunk * 64 + 32 + row + 1) * 4);
        assertThat(token).isEqualTo(tokens[chunk * 64 + 32 + row + 1]);
        int at = rows + (chunk * 31 + row) * rowBytes;
        int step = bytes.getShort(at + 8 + 2 * token) & 0xffff;
        sum -= bytes.getFloat(at) * step + bytes.getFloat(at + 4);
      }
    }
    return sum / (5 * 31);
  }

  @Test
  void chunksTogetherHaveTheSameResults() throws Exception {
    Path saved = folder.resolve("alone.logits");
    Path savedTogether = folder.resolve("together.logits");
    SessionOptions sessionOptions = options(CONTEXT).withBatch(3 * CONTEXT);
    try (Model model = Model.load(quantised);
        Model other = Model.load(original);
        Session one = Session.open(model, sessionOptions);
        Session otherOne = Session.open(other, sessionOptions);
        Session many = Session.open(model, sessionOptions, 4);
        Session otherMany = Session.open(other, sessionOptions, 2)) {
      TextChunks chunks = TextChunks.ofTokens(model, tokens, chunkOptions(CONTEXT));
      List<PerplexityResult> alone = new ArrayList<>();
      List<PerplexityResult> together = new ArrayList<>();
      try (LogitsFileWriter writer = new LogitsFileWriter(saved, chunks, 320);
          LogitsFileWriter writerTogether = new LogitsFileWriter(savedTogether, chunks, 320)) {
        Perplexity.measure(one, chunks, writer, alone::add);
        Perplexity.measure(many, chunks, writerTogether, together::add);
        writer.commit();
        writerTogether.commit();
      }
      assertThat(together).isEqualTo(alone).hasSize(5);
      assertThat(savedTogether).hasSameBinaryContentAs(saved);
      assertThat(many.runtime().usage().steps()).isEqualTo(2);
      List<KlStatistics> steps = new ArrayList<>();
      List<KlStatistics> stepsTogether = new ArrayList<>();
      KlDivergence.measure(one, otherOne, chunks, steps::add);
      KlDivergence.measure(many, otherMany, chunks, stepsTogether::add);
      assertThat(stepsTogether).isEqualTo(steps).hasSize(5);
      assertThat(otherMany.runtime().usage().steps()).isEqualTo(3);
      assertThat(otherMany.runtime().usage().sequences()).isEqualTo(1);
      // windows that overlap, and do not fit into a batch
      TextChunks windows = TextChunks.ofTokens(model, tokens, new ChunkOptions(40, 20, -1));
      try (Session small = Session.open(model, options(CONTEXT).withBatch(30), 4)) {
        assertThat(Perplexity.measure(small, windows, step -> {}))
            .isEqualTo(Perplexity.measure(one, windows, step -> {}))
            .isEqualTo(Perplexity.measure(many, windows, step -> {}));
      }
    }
  }

  @Test
  void cancellationKeepsChunksComputedTogether() {
    SessionOptions sessionOptions = options(CONTEXT).withBatch(2 * CONTEXT);
    try (Model model = Model.load(quantised);
        Session session = Session.open(model, sessionOptions, 2)) {
      TextChunks chunks = TextChunks.ofTokens(model, tokens, chunkOptions(CONTEXT));
      PerplexityResult result =
          Perplexity.measure(
              session,
              chunks,
              step -> {
                if (step.chunks() == 2) {
                  session.cancel();
                }
              });
      assertThat(result.isComplete()).isFalse();
      assertThat(result.chunks()).isEqualTo(2);
    }
  }

  @Test
  void rejectsDifferentVocabulary() {
    RandomModel.Shape larger = new RandomModel.Shape(3, 256, 8, 2, 32, 512, 352, 512);
    Path more = RandomModel.small("llama").withShape(larger).write(folder.resolve("more.gguf"));
    assertThatThrownBy(() -> compare(quantised, more, tokens, CONTEXT))
        .isInstanceOf(InvalidRequestException.class)
        .hasMessageContaining("more.gguf: vocabulary of 352 tokens: expected 320, as ");
    Path other =
        RandomModel.small("llama")
            .withVocabulary(RandomVocabulary.Kind.GPT_2)
            .write(folder.resolve("other.gguf"));
    assertThatThrownBy(() -> compare(quantised, other, tokens, CONTEXT))
        .isInstanceOf(InvalidRequestException.class)
        .hasMessageContaining("other.gguf: token ")
        .hasMessageContaining(": expected \"");
  }

  @Test
  void cancellationKeepsCompletedChunks() {
    try (Model model = Model.load(quantised);
        Session session = Session.open(model, options(CONTEXT));
        Session second = Session.open(model, options(CONTEXT))) {
      TextChunks chunks = TextChunks.ofTokens(model, tokens, chunkOptions(CONTEXT));
      KlResult result =
          KlDivergence.measure(
              session,
              second,
              chunks,
              step -> {
                if (step.chunks() == 2) {
                  second.cancel();
                }
              });
      assertThat(result.statistics().isComplete()).isFalse();
      assertThat(result.statistics().chunks()).isEqualTo(2);
      assertThat(result.divergences().count()).isEqualTo(2 * 31);
    }
  }
}
