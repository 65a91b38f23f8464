package dev.myelin.cli.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.myelin.cli.Outcome;
import dev.myelin.generate.Session;
import dev.myelin.generate.SessionOptions;
import dev.myelin.model.Model;
import dev.myelin.state.CacheType;
import dev.myelin.testing.RandomModel;
import dev.myelin.testing.TextEncoders;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code myelin logits}: the bytes of each position's logits. */
class LogitsCommandTest {
  private static final int[] TOKENS = {1, 300, 17, 5, 260, 299, 11};
  private static final String LIST = "1,300,17,5,260,299,11";
  private static final int VOCABULARY = 320;

  @TempDir static Path folder;
  static Path model;

  @BeforeAll
  static void write() {
    model = RandomModel.small("llama").write(folder.resolve("model.gguf"));
  }

  private static float[] floats(byte[] bytes) {
    float[] all = new float[bytes.length / 4];
    ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(all);
    return all;
  }

  @Test
  void writesLogitsOfEveryPosition() {
    Outcome outcome = Outcome.of("logits", "-m", model, "--tokens", LIST, "--cache-type", "f32");
    assertThat(outcome.status()).isZero();
    assertThat(outcome.bytes()).hasSize(TOKENS.length * VOCABULARY * 4);
    assertThat(outcome.err()).isEqualTo("7 positions of 320 logits, float32\n");
    float[] written = floats(outcome.bytes());
    SessionOptions options = SessionOptions.defaults().withCacheType(CacheType.F32);
    try (Model loaded = Model.load(model);
        Session session = Session.open(loaded, options)) {
      session.feedAll(
          TOKENS,
          (position, logits) -> {
            for (int i = 0; i < VOCABULARY; i++) {
              assertThat(written[position * VOCABULARY + i])
                  .isEqualTo(logits.getAtIndex(ValueLayout.JAVA_FLOAT, i));
            }
          });
    }
  }

  @Test
  void batchSizeDoesNotChangeLogits() {
    float[] whole =
        floats(Outcome.of("logits", "-m", model, "--tokens", LIST, "--cache-type", "f32").bytes());
    for (int batch : new int[] {1, 3}) {
      Object[] words = {"-m", model, "--tokens", LIST, "--cache-type", "f32", "--batch", batch};
      float[] parts = floats(Outcome.of("logits", words).bytes());
      assertThat(parts).hasSameSizeAs(whole);
      for (int i = 0; i < whole.length; i++) {
        assertThat(parts[i]).isCloseTo(whole[i], within(1e-3f));
      }
    }
  }

  @Test
  void writesFile() throws Exception {
    Path file = folder.resolve("out.f32");
    Outcome outcome = Outcome.of("logits", "-m", model, "--tokens", LIST, "-o", file);
    assertThat(outcome.bytes()).isEmpty();
    assertThat(Files.readAllBytes(file))
        .isEqualTo(Outcome.of("logits", "-m", model, "--tokens", LIST).bytes());
  }

  @Test
  void tokenizesPrompt() {
    Outcome ids = Outcome.withInput("once upon", "tokenize", "-m", model.toString(), "--ids");
    String list = ids.out().strip().replace(' ', ',');
    assertThat(Outcome.of("logits", "-m", model, "-p", "once upon").bytes())
        .isEqualTo(Outcome.of("logits", "-m", model, "--tokens", list).bytes());
  }

  @Test
  void decodesWhatTheEncoderHasRead() {
    Path t5 = TextEncoders.t5(TextEncoders.sample("t5", "gated"), folder.resolve("t5.gguf"));
    Outcome outcome =
        Outcome.of("logits", "-m", t5, "--tokens", "1,5,9", "--encoder-tokens", "4,5,6,2");
    assertThat(outcome.status()).as(outcome.err()).isZero();
    float[] written = floats(outcome.bytes());
    assertThat(written).hasSize(3 * VOCABULARY);
    try (Model loaded = Model.load(t5);
        Session session = Session.open(loaded)) {
      session.encode(4, 5, 6, 2);
      float[] last = session.feed(1, 5, 9).toArray(ValueLayout.JAVA_FLOAT);
      assertThat(Arrays.copyOfRange(written, 2 * VOCABULARY, 3 * VOCABULARY)).isEqualTo(last);
    }
    Outcome.of("logits", "-m", t5, "--tokens", "1")
        .assertFailed(1, "t5 models have an encoder: give --encoder-tokens 1,2,3");
    Outcome.of("logits", "-m", model, "--tokens", "1", "--encoder-tokens", "2")
        .assertFailed(1, "llama models have no encoder");
    Outcome.of("logits", "-m", t5, "--tokens", "1", "--encoder-tokens", "320")
        .assertFailed(1, "token id 320");
  }
}
