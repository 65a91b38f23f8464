package dev.myelin.tokenizer;

import dev.myelin.error.InvalidRequestException;
import dev.myelin.gguf.GgufFile;
import dev.myelin.gguf.Metadata;
import java.util.Arrays;

/**
 * SentencePiece's byte-pair encoding: neighbouring symbols are joined where that makes a token, the
 * one of the highest score first; what is no token is written byte by byte. Spaces are written
 * U+2581.
 */
final class SpmTokenizer extends FragmentTokenizer {
  private static final byte[] SPACE = {(byte) 0xe2, (byte) 0x96, (byte) 0x81};

  private final float[] scores;
  private final boolean prefixesSpace;

  private SpmTokenizer(Vocabulary vocabulary, float[] scores, boolean prefixesSpace) {
    super(vocabulary, prefixesSpace, false);
    this.scores = scores;
    this.prefixesSpace = prefixesSpace;
  }

  static SpmTokenizer of(GgufFile file) {
    Metadata metadata = file.metadata();
    TokenTable tokens = TokenTable.of(file);
    Vocabulary vocabulary =
        new VocabularyReader(file, tokens)
            .read(new VocabularyReader.Defaults(1, 2, 0, true, false));
    return new SpmTokenizer(
        vocabulary,
        tokens.scores(metadata),
        metadata.bool("tokenizer.ggml.add_space_prefix", true));
  }

  @Override
  public String kind() {
    return TokenizerKind.SPM.ggufName();
  }

  @Override
  TextEncoder encoder() {
    return new Encoder(vocabulary(), scores, prefixesSpace);
  }

  @Override
  byte[] plain(int token) {
    return unescape(vocabulary().texts().copy(token));
  }

  private static final class Encoder extends PairMerger implements TextEncoder {
    private final Vocabulary vocabulary;
    private final ByteStringTable table;
    private final float[] scores;
    private final boolean prefixesSpace;

    Encoder(Vocabulary vocabulary, float[] scores, boolean prefixesSpace) {
      this.vocabulary = vocabulary;
      this.table = vocabulary.table();
      this.scores = scores;
      this.prefixesSpace = prefixesSpace;
    }

    @Override
    public void encode(byte[] utf8, int from, int to, boolean afterSpecial, IntList ids) {
      byte[] text = escape(utf8, from, to, prefixesSpace && afterSpecial);
      merge(text, 0, text.length);
      for (int symbol = first(); symbol >= 0; symbol = after(symbol)) {
        int id = table.find(text, from(symbol), to(symbol));
        if (id >= 0) {
          ids.add(id);
        } else {
          for (int i = from(symbol); i < to(symbol); i++) {
            ids.add(ofByte(text[i]));
          }
        }
      }
    }

    @Override
    long rank(byte[] text, int from, int middle, int to) {
      int id = table.find(text, from, to);
      return id < 0 ? NEVER : descending(scores[id]);
    }

    /** Ints in the order of floats from the highest to the lowest; the zeros are one. */
    private static long descending(float score) {
      int bits = Float.floatToRawIntBits(score + 0f);
      return ~(bits ^ bits >> 31 & Integer.MAX_VALUE);
    }

    private int ofByte(byte b) {
      int id = table.find(ByteToken.text(b & 0xff));
      if (id < 0) {
        id = table.find(new byte[] {b});
      }
      if (id < 0) {
        id = vocabulary.unknownId();
      }
      if (id < 0) {
        throw new InvalidRequestException(
            String.format("byte 0x%02X of the text: the vocabulary has no token for it", b));
      }
      return id;
    }
  }

  private static byte[] escape(byte[] utf8, int from, int to, boolean prefix) {
    int spaces = prefix ? 1 : 0;
    for (int i = from; i < to; i++) {
      spaces += utf8[i] == ' ' ? 1 : 0;
    }
    byte[] text = new byte[Math.addExact(to - from, 2 * spaces + (prefix ? 1 : 0))];
    int at = prefix ? space(text, 0) : 0;
    for (int i = from; i < to; i++) {
      if (utf8[i] == ' ') {
        at = space(text, at);
      } else {
        text[at++] = utf8[i];
      }
    }
    return text;
  }

  private static int space(byte[] text, int at) {
    System.arraycopy(SPACE, 0, text, at, SPACE.length);
    return at + SPACE.length;
  }

  private static byte[] unescape(byte[] token) {
    byte[] text = new byte[token.length];
    int size = 0;
    for (int i = 0; i < token.length; i++) {
      if (i + 2 < token.length
          && token[i] == SPACE[0]
          && token[i + 1] == SPACE[1]
          && token[i + 2] == SPACE[2]) {
        text[size++] = ' ';
        i += 2;
      } else {
        text[size++] = token[i];
      }
    }
    return size == text.length ? text : Arrays.copyOf(text, size);
  }
}
