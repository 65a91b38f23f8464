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
  private static final int TOKENS = 600;
  private static final int COMPARED = 16;

  @TempDir static Path folder;

  private static Path file;
  private static int[] tokens;

  @BeforeAll
  static void load() {
    file = TestModels.path("gemma-3-270m-q4_k_m.gguf");
    Logits.requireOracle();
    String text = new EnglishText(5).stories(6 * CONTEXT);
    try (Model model = Model.load(file);
        LlamaModel llama = LlamaModel.load(file, LlamaModel.Options.VOCABULARY_ONLY)) {
      int[] all = model.tokenizer().encode(text, true, false);
      assertThat(all).isEqualTo(llama.tokenize(text, true, false));
      tokens = Arrays.copyOf(all, TOKENS);
    }
  }

  @Test
  void logitsAreThoseOfLibllama() {
    Path f32 = Dequantized.write(file, folder.resolve("f32.gguf"));
    Logits exact = libllama(f32);
    assertThat(myelin(f32, CacheType.F32).nmse(exact)).isLessThanOrEqualTo(1e-6);
    double ours = myelin(file, CacheType.F32).nmse(exact);
    double libllamas = libllama(file).nmse(exact);
    System.out.println("oracle: gemma 3 270M q4_K_M: libllama " + libllamas + ", myelin " + ours);
    assertThat(ours).isLessThanOrEqualTo(libllamas);
  }

  /** The logits of the last positions. */
  private static Logits myelin(Path file, CacheType cache) {
    SessionOptions options =
        SessionOptions.defaults().withContextLength(CONTEXT).withCacheType(cache);
    try (Model model = Model.load(file);
        Session session = Session.open(model, options)) {
      session.feed(Arrays.copyOf(tokens, TOKENS - COMPARED));
      int[] last = Arrays.copyOfRange(tokens, TOKENS - COMPARED, TOKENS);
      return rows(session.feedBatch(last, COMPARED).toArray(ValueLayout.JAVA_FLOAT));
    }
  }

  private static Logits libllama(Path file) {
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
