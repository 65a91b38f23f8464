package dev.myelin.tokenizer;

import dev.myelin.gguf.GgufFile;
import dev.myelin.gguf.Metadata;
import java.util.Arrays;

/**
 * SentencePiece BPE (SPM): adjacent symbols are merged if the result is a token, the highest score
 * first. Symbols that are not tokens become byte tokens. Spaces are escaped as U+2581.
 */
final class SpmTokenizer extends FragmentTokenizer {
  private static final byte[] ESCAPED_SPACE = {(byte) 0xe2, (byte) 0x96, (byte) 0x81};

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
  byte[] decodeNormal(int token) {
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
      for (int symbol = first(); symbol >= 0; symbol = next(symbol)) {
        int id = table.find(text, start(symbol), end(symbol));
        if (id >= 0) {
          ids.add(id);
        } else {
          for (int i = start(symbol); i < end(symbol); i++) {
            ids.add(byteToken(text[i]));
          }
        }
      }
    }

    @Override
    long rank(byte[] text, int from, int middle, int to) {
      int id = table.find(text, from, to);
      return id < 0 ? NO_MERGE : rankOf(scores[id]);
    }

    /** Maps a score to an int rank: a higher score has a lower rank. -0 equals 0. */
    private static long rankOf(float score) {
      int bits = Float.floatToRawIntBits(score + 0f);
      return ~(bits ^ bits >> 31 & Integer.MAX_VALUE);
    }

    /** The token of a byte, or the unknown token, which is 0 if the file does not define it. */
    private int byteToken(byte b) {
      int id = table.find(ByteToken.text(b & 0xff));
      if (id < 0) {
        id = table.find(new byte[] {b});
      }
      return id < 0 ? vocabulary.unknownId() : id;
    }
  }

  private static byte[] escape(byte[] utf8, int from, int to, boolean prefix) {
    int spaces = prefix ? 1 : 0;
    for (int i = from; i < to; i++) {
      spaces += utf8[i] == ' ' ? 1 : 0;
    }
    byte[] text = new byte[Math.addExact(to - from, 2 * spaces + (prefix ? 1 : 0))];
    int offset = prefix ? putSpace(text, 0) : 0;
    for (int i = from; i < to; i++) {
      if (utf8[i] == ' ') {
        offset = putSpace(text, offset);
      } else {
        text[offset++] = utf8[i];
      }
    }
    return text;
  }

  private static int putSpace(byte[] text, int offset) {
    System.arraycopy(ESCAPED_SPACE, 0, text, offset, ESCAPED_SPACE.length);
    return offset + ESCAPED_SPACE.length;
  }

  private static byte[] unescape(byte[] token) {
    byte[] text = new byte[token.length];
    int size = 0;
    for (int i = 0; i < token.length; i++) {
      if (i + 2 < token.length
          && token[i] == ESCAPED_SPACE[0]
          && token[i + 1] == ESCAPED_SPACE[1]
          && token[i + 2] == ESCAPED_SPACE[2]) {
        text[size++] = ' ';
        i += 2;
      } else {
        text[size++] = token[i];
      }
    }
    return size == text.length ? text : Arrays.copyOf(text, size);
  }
}
