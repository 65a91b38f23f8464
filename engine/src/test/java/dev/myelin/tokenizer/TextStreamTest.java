package dev.myelin.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.myelin.error.InvalidRequestException;
import dev.myelin.gguf.GgufFile;
import dev.myelin.gguf.GgufWriter;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Test;

class TextStreamTest {
  private final Tokenizer bytes = open(SmallVocabularies.spm());

  private static Tokenizer open(GgufWriter writer) {
    try (GgufFile file = SmallVocabularies.open(writer)) {
      return Tokenizer.of(file);
    }
  }

  private int byteToken(int b) {
    return bytes
        .vocabulary()
        .id(new String(ByteToken.text(b), StandardCharsets.UTF_8))
        .orElseThrow();
  }

  @Test
  void holdsBackIncompleteCharacter() {
    TextStream stream = new TextStream(bytes);
    assertThat(stream.push(byteToken(0xf0))).isEmpty();
    assertThat(stream.push(byteToken(0x9f))).isEmpty();
    assertThat(stream.push(byteToken(0x98))).isEmpty();
    assertThat(stream.push(byteToken(0x80))).isEqualTo("\ud83d\ude00");
    assertThat(stream.push(byteToken('x'))).isEqualTo("x");
    assertThat(stream.flush()).isEmpty();
  }

  @Test
  void flushReplacesIncompleteCharacter() {
    TextStream stream = new TextStream(bytes);
    assertThat(stream.push(byteToken(0xe4))).isEmpty();
    assertThat(stream.push(byteToken(0xb8))).isEmpty();
    assertThat(stream.flush()).isEqualTo("\ufffd");
    assertThat(stream.flush()).isEmpty();
    assertThat(stream.push(byteToken('a'))).isEqualTo("a");
  }

  @Test
  void replacesInvalidBytesAtOnce() {
    TextStream stream = new TextStream(bytes);
    assertThat(stream.push(byteToken(0x80))).isEqualTo("\ufffd");
    assertThat(stream.push(byteToken(0xc0))).isEqualTo("\ufffd");
    assertThat(stream.push(byteToken(0xff))).isEqualTo("\ufffd");
    assertThat(stream.push(byteToken(0xf0))).isEmpty();
    assertThat(stream.push(byteToken(0x80))).isEqualTo("\ufffd\ufffd"); // overlong form
    assertThat(stream.push(byteToken(0xe0))).isEmpty();
    assertThat(stream.push(byteToken('a'))).isEqualTo("\ufffda");
  }

  /**
   * Streaming random bytes, many of them parts of characters, gives the same text as decoding at
   * once.
   */
  @Test
  void matchesDecodingAtOnce() {
    Random random = new Random(5);
    int[] leads = {
      0xc3, 0xe0, 0xe2, 0xed, 0xef, 0xf0, 0xf4, 0xf5, 0xc1, 0x80, 0xbf, 0x9f, 0xa0, 'a'
    };
    for (int round = 0; round < 3000; round++) {
      TextStream stream = new TextStream(bytes);
      StringBuilder text = new StringBuilder();
      ByteArrayOutputStream all = new ByteArrayOutputStream();
      for (int i = random.nextInt(12); i >= 0; i--) {
        int b = random.nextInt(3) == 0 ? random.nextInt(256) : leads[random.nextInt(leads.length)];
        all.write(b);
        text.append(stream.push(byteToken(b)));
      }
      text.append(stream.flush());
      assertThat(text.toString()).isEqualTo(all.toString(StandardCharsets.UTF_8));
    }
  }

  @Test
  void neverSplitsSurrogatePairs() {
    Tokenizer tokenizer = open(SmallVocabularies.bpe("llama-bpe", true));
    for (String text : TestTexts.all(9, 500)) {
      TextStream stream = new TextStream(tokenizer);
      StringBuilder parts = new StringBuilder();
      for (int id : tokenizer.encode(text, false, false)) {
        String part = stream.push(id);
        assertThat(part.isEmpty() || !Character.isHighSurrogate(part.charAt(part.length() - 1)))
            .isTrue();
        parts.append(part);
      }
      assertThat(parts.append(stream.flush()).toString()).isEqualTo(TestTexts.wellFormed(text));
    }
  }

  @Test
  void rendersControlTokensOnRequest() {
    int end = bytes.vocabulary().id("<|im_end|>").orElseThrow();
    assertThat(new TextStream(bytes).push(end)).isEmpty();
    assertThat(new TextStream(bytes, true).push(end)).isEqualTo("<|im_end|>");
  }

  @Test
  void rejectsOutOfRangeIds() {
    int size = bytes.vocabulary().size();
    for (int id : new int[] {-1, size, Integer.MAX_VALUE, Integer.MIN_VALUE}) {
      assertThatThrownBy(() -> new TextStream(bytes).push(id))
          .isInstanceOf(InvalidRequestException.class)
          .hasMessageContaining("token " + id + ": expected 0 to " + (size - 1));
      assertThatThrownBy(() -> bytes.decode(new int[] {0, id}, true))
          .isInstanceOf(InvalidRequestException.class);
    }
  }
}
