package dev.myelin.model;

import static org.assertj.core.api.Assertions.assertThat;

import dev.myelin.bindings.peer.LlamaContext;
import dev.myelin.bindings.peer.LlamaContext.FlashAttention;
import dev.myelin.bindings.peer.LlamaModel;
import dev.myelin.generate.Session;
import dev.myelin.generate.SessionOptions;
import dev.myelin.state.CacheType;
import dev.myelin.testing.Logits;
import dev.myelin.testing.SharedData;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Greedy decoding with a trained checkpoint. */
class GreedyStoryTest {
  private static final String PROMPT = "Once upon a time";
  private static final int TOKENS = 64;

  @BeforeAll
  static void requireOracle() {
    Logits.requireOracle();
  }

  @Test
  void f32WritesExpectedStory() throws IOException {
    Path file = SharedData.path("models/stories260K-f32.gguf");
    String story = Files.readString(SharedData.path("models/stories260K-greedy.txt"));
    try (LlamaModel oracle = LlamaModel.load(file, LlamaModel.Options.VOCABULARY_ONLY)) {
      int[] prompt = oracle.tokenize(PROMPT, true, true);
      int[] written = generate(file, prompt, CacheType.F16);
      assertThat(text(oracle, prompt, written).strip()).isEqualTo(story.strip());
    }
  }

  /** Maximum logit gap of a near tie, which rounding may decide differently in quantised models. */
  private static final float NEAR_TIE = 0.2f;

  @ParameterizedTest
  @CsvSource({"f32, F32", "f32, F16", "Q8_0, F32", "Q8_0, F16", "Q4_0, F32", "Q4_0, F16"})
  void tokensMatchLibllamaArgmax(String type, CacheType cache) {
    Path file = SharedData.path("models/stories260K-" + type + ".gguf");
    try (LlamaModel oracle = LlamaModel.load(file, LlamaModel.Options.NO_REPACK)) {
      int[] prompt = oracle.tokenize(PROMPT, true, true);
      int[] written = generate(file, prompt, cache);
      assertThat(maxLogitGap(oracle, prompt, written, cache))
          .as(text(oracle, prompt, written))
          .isLessThanOrEqualTo(type.equals("f32") ? 0 : NEAR_TIE);
    }
  }

  private static int[] generate(Path file, int[] prompt, CacheType cache) {
    try (Model model = Model.load(file);
        Session session =
            Session.open(model, SessionOptions.defaults().withThreads(1).withCacheType(cache))) {
      List<Integer> written = new ArrayList<>();
      float[] logits = Logits.copy(session.feed(prompt));
      while (written.size() < TOKENS) {
        int token = argmax(logits);
        written.add(token);
        logits = Logits.copy(session.feed(token));
      }
      return written.stream().mapToInt(Integer::intValue).toArray();
    }
  }

  /** Maximum difference between libllama's highest logit and its logit of the generated token. */
  private static float maxLogitGap(LlamaModel model, int[] prompt, int[] written, CacheType cache) {
    // libllama's flash attention rounds an f32 cache to f16, which may flip a near tie
    FlashAttention attention = cache == CacheType.F32 ? FlashAttention.OFF : FlashAttention.AUTO;
    LlamaContext.Options options =
        new LlamaContext.Options(512, 512, 1, cache.type().id(), attention);
    try (LlamaContext context = model.createContext(options)) {
      float gap = 0;
      float[] logits = Logits.copy(context.feed(prompt));
      for (int token : written) {
        gap = Math.max(gap, logits[argmax(logits)] - logits[token]);
        logits = Logits.copy(context.feed(token));
      }
      return gap;
    }
  }

  private static int argmax(float[] logits) {
    int best = 0;
    for (int i = 1; i < logits.length; i++) {
      if (logits[i] > logits[best]) {
        best = i;
      }
    }
    return best;
  }

  private static String text(LlamaModel model, int[] prompt, int[] written) {
    int[] all = new int[prompt.length + written.length];
    System.arraycopy(prompt, 0, all, 0, prompt.length);
    System.arraycopy(written, 0, all, prompt.length, written.length);
    return new String(model.detokenize(all, true, false), StandardCharsets.UTF_8);
  }
}
