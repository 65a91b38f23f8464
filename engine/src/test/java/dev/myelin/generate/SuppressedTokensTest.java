package dev.myelin.generate;

import static org.assertj.core.api.Assertions.assertThat;

import dev.myelin.model.Model;
import dev.myelin.sampling.SamplingOptions;
import dev.myelin.testing.ChangedModel;
import dev.myelin.testing.Logits;
import dev.myelin.testing.RandomModel;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code tokenizer.ggml.suppress_tokens}: never sampled, but present in the logits. */
class SuppressedTokensTest {
  private static final int[] PROMPT = {1, 40, 50};

  @TempDir static Path folder;

  @Test
  void neverGeneratesSuppressedTokenAndKeepsItsLogit() {
    MemorySegment valid = RandomModel.small("llama").writer().toBytes();
    Path plain = folder.resolve("plain.gguf");
    Path suppressing = folder.resolve("suppressing.gguf");
    new ChangedModel(valid).write(plain);
    int mostLikely = tokens(plain).getFirst();
    new ChangedModel(valid)
        .put("tokenizer.ggml.suppress_tokens", new int[] {mostLikely, 1 << 20})
        .write(suppressing);
    assertThat(tokens(suppressing)).hasSize(40).doesNotContain(mostLikely);
    assertThat(logits(suppressing)).isEqualTo(logits(plain));
  }

  private static List<Integer> tokens(Path file) {
    try (Model model = Model.load(file);
        Session session = Session.open(model, SessionOptions.defaults().withThreads(1))) {
      GenerateOptions options = GenerateOptions.tokens(40).withIgnoreEos(true);
      return new Generator(session, SamplingOptions.greedy())
          .generate(PROMPT, options, text -> {})
          .tokens();
    }
  }

  private static float[] logits(Path file) {
    try (Model model = Model.load(file);
        Session session = Session.open(model, SessionOptions.defaults().withThreads(1))) {
      return Logits.copy(session.feed(PROMPT));
    }
  }
}
