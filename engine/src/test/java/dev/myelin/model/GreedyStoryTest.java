package dev.myelin.model;

import static org.assertj.core.api.Assertions.assertThat;

import dev.myelin.bindings.peer.LlamaContext;
import dev.myelin.bindings.peer.LlamaContext.FlashAttention;
import dev.myelin.bindings.peer.LlamaModel;
import dev.myelin.cache.CacheType;
import dev.myelin.generate.Session;
import dev.myelin.generate.SessionOptions;
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

/** A trained checkpoint, always taking the likeliest token. */
class GreedyStoryTest {
  private static final String PROMPT = "Once upon a time";
  private static final int TOKENS = 64;

  @BeforeAll
  static void oracle() {
    Logits.requireOracle();
  }

  @Test
  void f32PrintsTheStory() throws IOException {
    Path file = SharedData.path("models/stories260K-f32.gguf");
    String story = Files.readString(SharedData.path("models/stories260K-greedy.txt"));
    try (LlamaModel oracle = LlamaModel.load(file, LlamaModel.Options.VOCABULARY_ONLY)) {
      int[] prompt = oracle.tokenize(PROMPT, true, true);
      int[] written = ours(file, prompt, CacheType.F16);
      assertThat(text(oracle, prompt, written).strip()).isEqualTo(story.strip());
    }
  }

  /** Where two tokens are nearly as likely, rounding decides between quantised models. */
  private static final float NEAR_TIE = 0.2f;

  @ParameterizedTest
  @CsvSource({"f32, F32", "f32, F16", "Q8_0, F32", "Q8_0, F16", "Q4_0, F32", "Q4_0, F16"})
  void everyTypeWritesWhatTheOracleThinksLikeliest(String type, CacheType cache) {
    Path file = SharedData.path("models/stories260K-" + type + ".gguf");
    try (LlamaModel oracle = LlamaModel.load(file, LlamaModel.Options.NO_REPACK)) {
      int[] prompt = oracle.tokenize(PROMPT, true, true);
      int[] written = ours(file, prompt, cache);
      assertThat(mostBehind(oracle, prompt, written, cache))
          .as(text(oracle, prompt, written))
          .isLessThanOrEqualTo(type.equals("f32") ? 0 : NEAR_TIE);
    }
  }

  private static int[] ours(Path file, int[] prompt, CacheType cache) {
    try (Model model = Model.load(file);
        Session session =
            Session.open(model, SessionOptions.defaults().withThreads(1).withCacheType(cache))) {
      List<Integer> written = new ArrayList<>();
      float[] logits = Logits.copy(session.feed(prompt));
      while (written.size() < TOKENS) {
        int token = likeliest(logits);
        written.add(token);
        logits = Logits.copy(session.feed(token));
      }
      return written.stream().mapToInt(Integer::intValue).toArray();
    }
  }

  /** How far, in logits, a token that we wrote is behind the oracle's likeliest there, at most. */
  private static float mostBehind(LlamaModel model, int[] prompt, int[] written, CacheType cache) {
    // with flash attention libllama rounds an f32 cache to f16, which decides a near tie otherwise
    FlashAttention attention = cache == CacheType.F32 ? FlashAttention.OFF : FlashAttention.AUTO;
    LlamaContext.Options options =
        new LlamaContext.Options(512, 512, 1, cache.type().id(), attention);
    try (LlamaContext context = model.createContext(options)) {
      float most = 0;
      float[] logits = Logits.copy(context.feed(prompt));
      for (int token : written) {
        most = Math.max(most, logits[likeliest(logits)] - logits[token]);
        logits = Logits.copy(context.feed(token));
      }
      return most;
    }
  }

  private static int likeliest(float[] logits) {
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
