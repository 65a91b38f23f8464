package dev.myelin.tokenizer;

import dev.myelin.gguf.GgufFile;
import dev.myelin.gguf.Metadata;
import dev.myelin.tokenizer.Vocabulary.Added;
import dev.myelin.tokenizer.VocabularyReader.Defaults;

/**
 * SentencePiece BPE (SPM): adjacent symbols are merged if the result is a token, the highest score
 * first. Symbols that are not tokens become byte tokens. Spaces are escaped: {@link EscapedSpace}.
 */
final class SpmTokenizer extends FragmentTokenizer {
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
            .read(new Defaults(1, 2, Vocabulary.NONE, 0, new Added(true, false, false), false));
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
    return EscapedSpace.unescape(vocabulary().texts().copy(token));
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
      byte[] text = EscapedSpace.escape(utf8, from, to, prefixesSpace && afterSpecial);
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
}
