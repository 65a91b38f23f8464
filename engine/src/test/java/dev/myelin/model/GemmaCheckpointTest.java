package dev.myelin.model;

import static org.assertj.core.api.Assertions.assertThat;

import dev.myelin.bindings.peer.LlamaContext;
import dev.myelin.bindings.peer.LlamaModel;
import dev.myelin.generate.Session;
import dev.myelin.generate.SessionOptions;
import dev.myelin.state.CacheType;
import dev.myelin.testing.Dequantized;
import dev.myelin.testing.EnglishText;
import dev.myelin.testing.Logits;
import dev.myelin.testing.TestModels;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The published Gemma 3 270M against libllama, on a text that is longer than the model's window of
 * 512 tokens.
 */
class GemmaCheckpointTest {
  private static final int CONTEXT = 768;
  private static final int TOKENS = 580;
  private static final int COMPARED = 60;
  private static final long[] TEXTS = {7, 9};

  /** libllama's own rounding differs between its CPU libraries. */
  private static final double TOLERANCE = 1.05;

  @TempDir static Path folder;

  private static Path file;

  @BeforeAll
  static void requireFile() {
    file = TestModels.path("gemma-3-270m-q4_k_m.gguf");
    Logits.requireOracle();
  }

  private static int[] tokens(long seed) {
    String text = new EnglishText(seed).stories(6 * CONTEXT);
    try (Model model = Model.load(file);
        LlamaModel llama = LlamaModel.load(file, LlamaModel.Options.VOCABULARY_ONLY)) {
      int[] all = model.tokenizer().encode(text, true, false);
      assertThat(all).isEqualTo(llama.tokenize(text, true, false));
      return Arrays.copyOf(all, TOKENS);
    }
  }

  /**
   * The errors of the two engines with quantised weights differ by a sixth either way from text to
   * text: their means are compared.
   */
  @Test
  void logitsAreThoseOfLibllama() {
    Path f32 = Dequantized.write(file, folder.resolve("f32.gguf"));
    double ours = 0;
    double libllamas = 0;
    for (long seed : TEXTS) {
      int[] tokens = tokens(seed);
      Logits exact = myelin(f32, tokens);
      if (seed == TEXTS[0]) {
        double nmse = exact.nmse(libllama(f32, tokens));
        System.out.println("oracle: gemma 3 270M, dequantised: %.1e".formatted(nmse));
        assertThat(nmse).isLessThanOrEqualTo(1e-6);
      }
      ours += myelin(file, tokens).nmse(exact) / TEXTS.length;
      libllamas += libllama(file, tokens).nmse(exact) / TEXTS.length;
    }
    System.out.println(
        "oracle: gemma 3 270M q4_K_M: libllama %.2e, myelin %.2e".formatted(libllamas, ours));
    assertThat(ours).isLessThanOrEqualTo(TOLERANCE * libllamas);
  }

  /** The logits of the last positions. */
  private static Logits myelin(Path file, int[] tokens) {
    SessionOptions options =
        SessionOptions.defaults().withContextLength(CONTEXT).withCacheType(CacheType.F32);
    try (Model model = Model.load(file);
        Session session = Session.open(model, options)) {
      session.feed(Arrays.copyOf(tokens, TOKENS - COMPARED));
      int[] last = Arrays.copyOfRange(tokens, TOKENS - COMPARED, TOKENS);
      return rows(session.feedBatch(last, COMPARED).toArray(ValueLayout.JAVA_FLOAT));
    }
  }

  private static Logits libllama(Path file, int[] tokens) {
    LlamaContext.Options options = LlamaContext.Options.exact(CONTEXT, 512);
    try (LlamaModel model = LlamaModel.load(file, LlamaModel.Options.NO_REPACK);
        LlamaContext context = model.createContext(options)) {
      context.feed(Arrays.copyOf(tokens, TOKENS - COMPARED));
      List<float[]> rows = new ArrayList<>();
      context.feedAll(
          Arrays.copyOfRange(tokens, TOKENS - COMPARED, TOKENS),
          (at, logits) -> rows.add(Logits.copy(logits)));
      return new Logits(rows.toArray(float[][]::new));
    }
  }

  private static Logits rows(float[] all) {
    int length = all.length / COMPARED;
    float[][] rows = new float[COMPARED][];
    for (int i = 0; i < COMPARED; i++) {
      rows[i] = Arrays.copyOfRange(all, i * length, (i + 1) * length);
    }
    return new Logits(rows);
  }
}
