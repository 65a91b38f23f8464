package dev.myelin.imatrix;

import static dev.myelin.testing.RandomModel.Feature.EXPERTS;
import static dev.myelin.testing.RandomModel.Feature.FUSED_QKV;
import static dev.myelin.testing.RandomModel.Feature.SCALES;
import static dev.myelin.testing.RandomModel.Feature.TIED;
import static org.assertj.core.api.Assertions.assertThat;

import dev.myelin.bindings.ggml.Ggml_h;
import dev.myelin.bindings.ggml.ggml_tensor;
import dev.myelin.bindings.peer.LlamaContext;
import dev.myelin.bindings.peer.LlamaContext.FlashAttention;
import dev.myelin.bindings.peer.LlamaModel;
import dev.myelin.generate.SessionOptions;
import dev.myelin.gguf.GgmlType;
import dev.myelin.model.Model;
import dev.myelin.state.CacheType;
import dev.myelin.testing.Logits;
import dev.myelin.testing.RandomModel;
import dev.myelin.testing.RandomModel.Shape;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Compares the sums of each column with the activations of libllama, observed by its eval callback.
 */
class OracleImportanceTest {
  private static final int CHUNK = 48;
  private static final double F32_BOUND = 1e-5;

  /** ggml computes GELU by a table in half precision. */
  private static final double GELU_BOUND = 1e-3;

  /** Quantised weights: both engines round activations, and sum in a different order. */
  private static final double QUANTISED_BOUND = 0.02;

  @TempDir static Path folder;

  @BeforeAll
  static void oracle() {
    Logits.requireOracle();
  }

  private record Case(String name, RandomModel model, double bound) {
    @Override
    public String toString() {
      return name;
    }
  }

  static Stream<Case> models() {
    RandomModel llama = RandomModel.small("llama");
    Shape two = Shape.SMALL.withLayers(2);
    return Stream.of(
        new Case("llama", llama, F32_BOUND),
        new Case("llama, experts", llama.with(EXPERTS).withShape(two), F32_BOUND),
        new Case("llama, experts with scales", llama.with(EXPERTS, SCALES, TIED), F32_BOUND),
        new Case("llama q4_0", llama.withType(GgmlType.Q4_0), QUANTISED_BOUND),
        new Case("qwen2, fused", RandomModel.small("qwen2").with(FUSED_QKV, TIED), F32_BOUND),
        new Case("qwen3", RandomModel.small("qwen3"), F32_BOUND),
        new Case("gpt2", RandomModel.small("gpt2"), GELU_BOUND));
  }

  @ParameterizedTest
  @MethodSource("models")
  void sumsMatchLibllama(Case c) {
    Path file = c.model.write(folder.resolve("model.gguf"));
    String text = "the quick brown fox jumps over the lazy dog and on it goes ".repeat(8);
    ImportanceCollector collector = new ImportanceCollector(true, CHUNK);
    int[] tokens;
    int bos;
    int done;
    double[] perplexity = {Double.NaN};
    try (Model model = Model.load(file)) {
      // a batch size that does not divide the chunk
      ImportanceOptions options =
          new ImportanceOptions(
              CHUNK,
              3,
              0,
              true,
              true,
              false,
              SessionOptions.defaults().withCacheType(CacheType.F32).withThreads(1).withBatch(20));
      done =
          new ImportanceRun(model, options, collector)
              .run(text, (i, of, ppl) -> perplexity[0] = ppl);
      tokens = model.tokenizer().encode(text, true, false);
      bos =
          model.tokenizer().vocabulary().addsBos()
              ? model.tokenizer().vocabulary().bos().orElseThrow()
              : -1;
    }
    assertThat(done).isEqualTo(3);
    Oracle oracle = new Oracle();
    double expectedLoss = oracle.run(file, tokens, bos, done);
    ImportanceMatrix matrix = collector.matrix();

    assertThat(matrix.entries().keySet()).isEqualTo(oracle.sums.keySet());
    assertThat(matrix.chunks()).isEqualTo(3);
    double worst = 0;
    for (Map.Entry<String, ImportanceMatrix.Entry> e : matrix.entries().entrySet()) {
      assertThat(e.getValue().counts()).as(e.getKey()).isEqualTo(oracle.counts.get(e.getKey()));
      double[] expected = oracle.sums.get(e.getKey());
      assertThat(e.getValue().sums()).hasSameSizeAs(expected);
      double scale = Arrays.stream(expected).average().orElseThrow();
      for (int i = 0; i < expected.length; i++) {
        double error = Math.abs(e.getValue().sums()[i] - expected[i]) / (expected[i] + scale);
        worst = Math.max(worst, error);
      }
    }
    System.out.printf("importance: %s: largest difference %.1e%n", c, worst);
    assertThat(worst).isLessThan(c.bound);
    assertThat(perplexity[0])
        .isCloseTo(Math.exp(expectedLoss), org.assertj.core.data.Percentage.withPercentage(1));
  }

  /** The same sums from libllama. */
  private static final class Oracle {
    private final Map<String, double[]> sums = new TreeMap<>();
    private final Map<String, long[]> counts = new TreeMap<>();

    /** Runs libllama and returns the mean loss of the second halves of the chunks. */
    double run(Path file, int[] tokens, int bos, int chunks) {
      LlamaContext.Options options =
          new LlamaContext.Options(CHUNK, CHUNK, 1, CacheType.F32.type().id(), FlashAttention.OFF);
      double[] sum = {0};
      int[] predicted = {0};
      try (LlamaModel model = LlamaModel.load(file, LlamaModel.Options.NO_REPACK);
          LlamaContext context = model.createContext(options, (t, ask, data) -> observe(t, ask))) {
        for (int i = 0; i < chunks; i++) {
          int[] chunk = Arrays.copyOfRange(tokens, i * CHUNK, (i + 1) * CHUNK);
          int[] next = Arrays.copyOfRange(chunk, 1, CHUNK);
          chunk[0] = bos >= 0 ? bos : chunk[0];
          context.clear();
          context.feedAll(
              chunk,
              (position, logits) -> {
                if (position >= CHUNK / 2 && position < CHUNK - 1) {
                  sum[0] += negativeLogLikelihood(Logits.copy(logits), next[position]);
                  predicted[0]++;
                }
              });
        }
      }
      return sum[0] / predicted[0];
    }

    private static double negativeLogLikelihood(float[] logits, int token) {
      double sum = 0;
      for (float logit : logits) {
        sum += Math.exp(logit - logits[token]);
      }
      return Math.log(sum);
    }

    private boolean observe(MemorySegment address, boolean asking) {
      MemorySegment t = ggml_tensor.reinterpret(address, java.lang.foreign.Arena.global(), null);
      int op = ggml_tensor.op(t);
      boolean experts =
          op == Ggml_h.GGML_OP_MUL_MAT() + 1; // GGML_OP_MUL_MAT_ID is the next enum constant
      if (op != Ggml_h.GGML_OP_MUL_MAT() && !experts) {
        return false;
      }
      MemorySegment w = source(t, 0);
      String name = ggml_tensor.name(w).getString(0);
      boolean observed = name.startsWith("blk.") || name.equals("output.weight");
      if (asking || !observed) {
        return observed;
      }
      MemorySegment x = source(t, 1);
      int columns = (int) ggml_tensor.ne(x, 0);
      int matrices = experts ? (int) ggml_tensor.ne(w, 2) : 1;
      double[] into = sums.computeIfAbsent(name, n -> new double[columns * matrices]);
      long[] count = counts.computeIfAbsent(name, n -> new long[matrices]);
      if (!experts) {
        for (long row = 0; row < ggml_tensor.ne(x, 1); row++) {
          add(into, 0, values(x, row * ggml_tensor.nb(x, 1), columns));
          count[0]++;
        }
        return true;
      }
      MemorySegment ids = source(t, 2);
      for (long token = 0; token < ggml_tensor.ne(ids, 1); token++) {
        for (long slot = 0; slot < ggml_tensor.ne(ids, 0); slot++) {
          int expert =
              ggml_tensor
                  .data(ids)
                  .reinterpret(Long.MAX_VALUE)
                  .get(
                      ValueLayout.JAVA_INT,
                      token * ggml_tensor.nb(ids, 1) + slot * ggml_tensor.nb(ids, 0));
          long at =
              slot % ggml_tensor.ne(x, 1) * ggml_tensor.nb(x, 1) + token * ggml_tensor.nb(x, 2);
          add(into, expert * columns, values(x, at, columns));
          count[expert]++;
        }
      }
      return true;
    }

    private static MemorySegment source(MemorySegment t, long i) {
      return ggml_tensor.reinterpret(ggml_tensor.src(t, i), java.lang.foreign.Arena.global(), null);
    }

    private static float[] values(MemorySegment x, long at, int columns) {
      return ggml_tensor
          .data(x)
          .reinterpret(Long.MAX_VALUE)
          .asSlice(at, (long) columns * Float.BYTES)
          .toArray(ValueLayout.JAVA_FLOAT);
    }

    private static void add(double[] into, int from, float[] row) {
      for (int i = 0; i < row.length; i++) {
        into[from + i] += (double) row[i] * row[i];
      }
    }
  }
}
