package dev.myelin.tokenizer;

import dev.myelin.gguf.GgufFile;
import dev.myelin.gguf.Metadata;
import dev.myelin.tokenizer.Vocabulary.Added;
import dev.myelin.tokenizer.VocabularyReader.Defaults;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * WordPiece, as in BERT. The text is split at white space, punctuation and Han characters. A word
 * is the longest tokens from left to right, or the unknown token if a part of it is no token. GGUF
 * files mark the token at the start of a word by an {@link EscapedSpace} and drop BERT's {@code
 * ##}.
 */
final class WordPieceTokenizer extends FragmentTokenizer {
  private static final String NORMALIZER = "tokenizer.ggml.normalizer.";
  private static final int REPLACEMENT = 0xfffd;

  /** Ranges (first, last) of characters that are words: those of Hugging Face's tokenizers. */
  private static final int[] HAN = {
    0x3400, 0x4dbf, 0x4e00, 0x9fff, 0xf900, 0xfaff, 0x20000, 0x2a6df, 0x2a700, 0x2b73f, 0x2b740,
    0x2b81f, 0x2b920, 0x2ceaf, 0x2f800, 0x2fa1f,
  };

  private final boolean lowercase;
  private final boolean stripAccents;
  private volatile @Nullable TokenTrie trie;

  private WordPieceTokenizer(
      Vocabulary vocabulary, boolean prefixesSpace, boolean lowercase, boolean stripAccents) {
    super(vocabulary, prefixesSpace, true);
    this.lowercase = lowercase;
    this.stripAccents = stripAccents;
  }

  static WordPieceTokenizer of(GgufFile file) {
    Metadata metadata = file.metadata();
    TokenTable tokens = TokenTable.of(file);
    TokenTrie.requireFits(file.path(), tokens);
    tokens.scores(metadata); // unused, but a wrong length means a broken file
    boolean lowercase = metadata.bool(NORMALIZER.concat("lowercase"), true);
    return new WordPieceTokenizer(
        new VocabularyReader(file, tokens)
            .readWithUnknown(
                new Defaults(101, Vocabulary.NONE, 102, 100, new Added(true, false, true), true)),
        metadata.bool("tokenizer.ggml.add_space_prefix", false), // for decoding only
        lowercase,
        metadata.bool(NORMALIZER.concat("strip_accents"), lowercase));
  }

  @Override
  public String kind() {
    return TokenizerKind.WORD_PIECE.ggufName();
  }

  @Override
  TextEncoder encoder() {
    TokenTrie ready = trie;
    if (ready == null) {
      ready = new TokenTrie(vocabulary());
      trie = ready;
    }
    return new Encoder(ready);
  }

  @Override
  byte[] decodeNormal(int token) {
    return EscapedSpace.unescape(vocabulary().texts().copy(token));
  }

  private final class Encoder implements TextEncoder {
    private final TokenTrie trie;

    /** The current word in UTF-8, with an escaped space in front. */
    private byte[] word = new byte[64];

    private int size = EscapedSpace.put(word, 0);

    Encoder(TokenTrie trie) {
      this.trie = trie;
    }

    @Override
    public void encode(byte[] utf8, int from, int to, boolean afterSpecial, IntList ids) {
      for (int original : Utf8.codePoints(utf8, from, to)) {
        int c = stripAccents ? Unicode15.baseCharacter(original) : original;
        if (isSpace(c)) {
          endWord(ids);
        } else if (isKept(c)) {
          boolean isWord = isPunctuation(c) || UnicodeCategories.isIn(c, HAN);
          if (isWord) {
            endWord(ids);
          }
          append(lowercase ? Unicode15.toLowerCase(c) : c);
          if (isWord) {
            endWord(ids);
          }
        }
      }
      endWord(ids);
    }

    private boolean isKept(int c) {
      if (c < 0x80) {
        return c > ' ' && c < 0x7f;
      }
      return c != REPLACEMENT
          && !UnicodeCategories.isControl(c)
          && !(stripAccents && UnicodeCategories.categoryChar(c) == UnicodeCategories.MARK);
    }

    private void append(int c) {
      if (size + Utf8.MAX_LENGTH > word.length) {
        word = Arrays.copyOf(word, 2 * size);
      }
      size = Utf8.put(c, word, size);
    }

    private void endWord(IntList ids) {
      if (size > EscapedSpace.LENGTH) {
        encodeWord(ids);
        size = EscapedSpace.LENGTH;
      }
    }

    private void encodeWord(IntList ids) {
      int before = ids.size();
      for (int offset = 0; offset < size; ) {
        int token = trie.findLongest(word, offset, size);
        if (token == Vocabulary.NONE) {
          ids.truncate(before);
          ids.add(vocabulary().unknownId());
          return;
        }
        ids.add(token);
        offset += vocabulary().texts().length(token);
      }
    }
  }

  private static boolean isSpace(int c) {
    return c == ' ' || c >= '\t' && c <= '\r' || UnicodeCategories.isSpace(c);
  }

  /** Whether a character that is kept is a word. Of ASCII, symbols are too. */
  private static boolean isPunctuation(int c) {
    if (c < 0x80) {
      return !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9');
    }
    return UnicodeCategories.categoryChar(c) == UnicodeCategories.PUNCTUATION;
  }
}
