package dev.myelin.tokenizer;

import dev.myelin.gguf.GgufFile;
import dev.myelin.tokenizer.Vocabulary.Added;
import dev.myelin.tokenizer.VocabularyReader.Defaults;
import org.jspecify.annotations.Nullable;

/**
 * Byte-pair encoding of text with escaped spaces, as in Gemma 4: lines are the words, characters
 * the initial symbols. A symbol that is not a token becomes byte tokens.
 */
final class EscapedBpeTokenizer extends FragmentTokenizer {
  private final ByteStrings mergeTexts;
  private volatile @Nullable ByteStringTable merges;

  private EscapedBpeTokenizer(Vocabulary vocabulary, ByteStrings mergeTexts) {
    super(vocabulary, false, true);
    this.mergeTexts = mergeTexts;
  }

  static EscapedBpeTokenizer of(GgufFile file) {
    int none = Vocabulary.NONE;
    TokenTable tokens = TokenTable.of(file);
    Vocabulary vocabulary =
        new VocabularyReader(file, tokens)
            .read(new Defaults(none, none, none, none, new Added(true, false, false), true));
    tokens.scores(file.metadata()); // unused, but a wrong length means a broken file
    return new EscapedBpeTokenizer(vocabulary, BpeTokenizer.merges(file));
  }

  @Override
  public String kind() {
    return TokenizerKind.ESCAPED_BPE.ggufName();
  }

  @Override
  TextEncoder encoder() {
    ByteStringTable ready = merges;
    if (ready == null) {
      ready = new ByteStringTable(mergeTexts);
      merges = ready;
    }
    return new Encoder(vocabulary().table(), ready);
  }

  @Override
  byte[] decodeNormal(int token) {
    return EscapedSpace.unescape(vocabulary().texts().copy(token));
  }

  private static final class Encoder extends PairMerger implements TextEncoder {
    private final ByteStringTable tokens;
    private final ByteStringTable merges;

    Encoder(ByteStringTable tokens, ByteStringTable merges) {
      this.tokens = tokens;
      this.merges = merges;
    }

    @Override
    public void encode(byte[] utf8, int from, int to, boolean afterSpecial, IntList ids) {
      byte[] text = EscapedSpace.escape(utf8, from, to, false);
      for (int start = 0, end; start < text.length; start = end) {
        boolean breaks = text[start] == '\n';
        end = start + 1;
        while (end < text.length && (text[end] == '\n') == breaks) {
          end++;
        }
        int id = breaks ? tokens.find(text, start, end) : Vocabulary.NONE;
        if (id >= 0) {
          ids.add(id);
        } else {
          encodeLine(text, start, end, ids);
        }
      }
    }

    private void encodeLine(byte[] text, int from, int to, IntList ids) {
      merge(text, from, to);
      for (int symbol = first(); symbol >= 0; symbol = next(symbol)) {
        int id = tokens.find(text, start(symbol), end(symbol));
        if (id >= 0) {
          ids.add(id);
        } else {
          addBytes(text, start(symbol), end(symbol), ids);
        }
      }
    }

    /** Adds the byte tokens of a symbol. Like llama.cpp, drops bytes that have none. */
    private void addBytes(byte[] text, int from, int to, IntList ids) {
      for (int i = from; i < to; i++) {
        int id = tokens.find(ByteToken.text(text[i] & 0xff));
        if (id >= 0) {
          ids.add(id);
        }
      }
    }

    @Override
    long rank(byte[] text, int from, int middle, int to) {
      int rank = merges.findPair(text, from, middle, to);
      return rank < 0 ? NO_MERGE : rank;
    }
  }
}
