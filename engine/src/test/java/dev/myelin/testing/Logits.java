package dev.myelin.testing;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.myelin.adapter.Adapter;
import dev.myelin.bindings.peer.LlamaAdapter;
import dev.myelin.bindings.peer.LlamaContext;
import dev.myelin.bindings.peer.LlamaContext.FlashAttention;
import dev.myelin.bindings.peer.LlamaCpp;
import dev.myelin.bindings.peer.LlamaModel;
import dev.myelin.generate.Session;
import dev.myelin.generate.SessionOptions;
import dev.myelin.model.Model;
import dev.myelin.state.CacheType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/**
 * The logits of every position, computed by Myelin or by libllama in the same process.
 *
 * @param rows [positions][vocabulary]
 */
public record Logits(float[][] rows) {
  /** The inputs and options of a run, for both engines. */
  public record Run(
      Path file,
      List<Adapter> adapters,
      int[] tokens,
      int contextLength,
      CacheType cacheType,
      int threads) {
    public Run(Path file, int[] tokens, int contextLength, CacheType cacheType, int threads) {
      this(file, List.of(), tokens, contextLength, cacheType, threads);
    }

    public Run withAdapters(Adapter... adapters) {
      return new Run(file, List.of(adapters), tokens, contextLength, cacheType, threads);
    }

    public SessionOptions options() {
      return SessionOptions.defaults()
          .withContextLength(contextLength)
          .withThreads(threads)
          .withForceThreads(true)
          .withCacheType(cacheType);
    }
  }

  /** Skips the calling test if libllama is not available. */
  public static void requireOracle() {
    assumeTrue(LlamaCpp.isAvailable(), "skipped: no libllama beside the ggml in use");
  }

  /** Random token ids, reproducible by seed. */
  public static int[] randomTokens(int count, int vocabulary, long seed) {
    return new Random(seed).ints(count, 0, vocabulary).toArray();
  }

  /** Computes logits by Myelin, {@code chunk} tokens per call. */
  public static Logits myelin(Run run, int chunk) {
    try (Model model = Model.load(run.file, run.adapters);
        Session session = Session.open(model, run.options())) {
      return myelin(session, run.tokens, chunk);
    }
  }

  /** Appends tokens to a session and returns their logits, {@code chunk} tokens per call. */
  public static Logits myelin(Session session, int[] tokens, int chunk) {
    float[][] rows = new float[tokens.length][];
    int start = session.position();
    for (int from = 0; from < tokens.length; from += chunk) {
      int to = Math.min(tokens.length, from + chunk);
      session.feedAll(
          Arrays.copyOfRange(tokens, from, to), (at, logits) -> rows[at - start] = copy(logits));
    }
    return new Logits(rows);
  }

  /** Computes logits by libllama without weight repacking, {@code chunk} tokens per call. */
  public static Logits libllama(Run run, FlashAttention attention, int chunk) {
    int[] tokens = run.tokens;
    float[][] rows = new float[tokens.length][];
    LlamaContext.Options options =
        new LlamaContext.Options(
            run.contextLength, 512, run.threads, run.cacheType.type().id(), attention);
    try (LlamaModel model = LlamaModel.load(run.file, LlamaModel.Options.NO_REPACK);
        LlamaContext context = model.createContext(options)) {
      float[] scales = new float[run.adapters.size()];
      List<LlamaAdapter> adapters = new ArrayList<>();
      for (Adapter adapter : run.adapters) {
        scales[adapters.size()] = adapter.scale();
        adapters.add(model.loadAdapter(adapter.file()));
      }
      context.setAdapters(adapters, scales);
      for (int from = 0; from < tokens.length; from += chunk) {
        int to = Math.min(tokens.length, from + chunk);
        context.feedAll(
            Arrays.copyOfRange(tokens, from, to), (at, logits) -> rows[at] = copy(logits));
      }
    }
    return new Logits(rows);
  }

  public static float[] copy(MemorySegment logits) {
    return logits.toArray(ValueLayout.JAVA_FLOAT);
  }

  /**
   * Normalised mean squared error: the mean squared difference divided by the mean square of {@code
   * expected}, over all positions. NaN if any value is NaN.
   */
  public double nmse(Logits expected) {
    if (rows.length != expected.rows.length) {
      throw new AssertionError(rows.length + " positions, expected " + expected.rows.length);
    }
    double error = 0;
    double power = 0;
    for (int i = 0; i < rows.length; i++) {
      for (int j = 0; j < rows[i].length; j++) {
        double d = rows[i][j] - expected.rows[i][j];
        error += d * d;
        power += (double) expected.rows[i][j] * expected.rows[i][j];
      }
    }
    return error / power;
  }
}
