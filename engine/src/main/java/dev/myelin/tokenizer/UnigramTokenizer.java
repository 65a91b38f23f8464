package dev.myelin.tokenizer;

import dev.myelin.gguf.GgufFile;
import dev.myelin.gguf.Metadata;
import dev.myelin.tokenizer.Vocabulary.Added;
import dev.myelin.tokenizer.VocabularyReader.Defaults;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * SentencePiece unigram (UGM), as in T5 and XLM-RoBERTa. The text is normalized ({@link
 * UnigramNormalizer}) and divided into the tokens with the highest sum of scores.
 */
final class UnigramTokenizer extends FragmentTokenizer {
  /** An unknown character has the lowest score minus this. */
  private static final float UNKNOWN_PENALTY = 10;

  private final float[] scores;
  private final CharacterMap characters;
  private final UnigramNormalizer.Spaces spaces;
  private volatile @Nullable Tables tables;

  /** For encoding. The score is that of an unknown character. */
  private record Tables(TokenTrie trie, UnigramNormalizer normalizer, float unknownScore) {}

  private UnigramTokenizer(
      Vocabulary vocabulary,
      float[] scores,
      CharacterMap characters,
      UnigramNormalizer.Spaces spaces) {
    super(vocabulary, spaces.prefixed(), false);
    this.scores = scores;
    this.characters = characters;
    this.spaces = spaces;
  }

  static UnigramTokenizer of(GgufFile file) {
    Metadata metadata = file.metadata();
    TokenTable tokens = TokenTable.of(file);
    TokenTrie.requireFits(file.path(), tokens);
    int none = Vocabulary.NONE;
    return new UnigramTokenizer(
        new VocabularyReader(file, tokens)
            .readWithUnknown(new Defaults(none, 1, none, 2, new Added(false, true, false), false)),
        tokens.scores(metadata),
        CharacterMap.of(file),
        new UnigramNormalizer.Spaces(
            metadata.bool("tokenizer.ggml.add_space_prefix", false),
            metadata.bool("tokenizer.ggml.remove_extra_whitespaces", false)));
  }

  @Override
  public String kind() {
    return TokenizerKind.UNIGRAM.ggufName();
  }

  @Override
  TextEncoder encoder() {
    Tables ready = tables;
    if (ready == null) {
      ready =
          new Tables(
              new TokenTrie(vocabulary()),
              new UnigramNormalizer(vocabulary(), characters, spaces),
              unknownScore());
      tables = ready;
    }
    return new Encoder(ready);
  }

  private float unknownScore() {
    float lowest = Float.MAX_VALUE;
    for (int id = 0; id < scores.length; id++) {
      if ((vocabulary().attribute(id) & TokenAttribute.NORMAL) != 0) {
        lowest = Math.min(lowest, scores[id]);
      }
    }
    return lowest - UNKNOWN_PENALTY;
  }

  @Override
  byte[] decodeNormal(int token) {
    return EscapedSpace.unescape(vocabulary().texts().copy(token));
  }

  /** The Viterbi algorithm over the positions of the normalized text. */
  private final class Encoder implements TextEncoder {
    private final Tables tables;

    /** Per position: the last token of the best path to it, and where that token begins. */
    private int[] tokens = new int[0];

    private int[] starts = new int[0];

    /** Per position: the sum of the scores of that path. */
    private double[] sums = new double[0];

    Encoder(Tables tables) {
      this.tables = tables;
    }

    @Override
    public void encode(byte[] utf8, int from, int to, boolean afterSpecial, IntList ids) {
      byte[] text = tables.normalizer.normalize(utf8, from, to, !afterSpecial);
      clear(text.length);
      for (int offset = 0; offset < text.length; ) {
        int length = Math.min(Utf8.sequenceLength(text[offset]), text.length - offset);
        if (!addTokens(text, offset, length)) {
          extend(offset, offset + length, vocabulary().unknownId(), tables.unknownScore);
        }
        offset += length;
      }
      addBestPath(text.length, ids);
    }

    private void clear(int length) {
      if (tokens.length <= length) {
        tokens = new int[length + 1];
        starts = new int[length + 1];
        sums = new double[length + 1];
      }
      Arrays.fill(tokens, 0, length + 1, vocabulary().unknownId());
      Arrays.fill(starts, 0, length + 1, 0);
      Arrays.fill(sums, 0, length + 1, -Double.MAX_VALUE);
      sums[0] = 0;
    }

    /** Adds all tokens at a position. Returns whether one is exactly this character. */
    private boolean addTokens(byte[] text, int offset, int characterLength) {
      TokenTrie trie = tables.trie;
      boolean hasCharacter = false;
      int node = TokenTrie.ROOT;
      for (int end = offset; end < text.length; ) {
        node = trie.child(node, text[end++]);
        if (node == TokenTrie.NONE) {
          break;
        }
        int token = trie.token(node);
        if (token != Vocabulary.NONE) {
          hasCharacter |= end - offset == characterLength;
          boolean userDefined = (vocabulary().attribute(token) & TokenAttribute.USER_DEFINED) != 0;
          extend(offset, end, token, userDefined ? 0 : scores[token]);
        }
      }
      return hasCharacter;
    }

    private void extend(int from, int to, int token, float score) {
      double sum = sums[from] + score;
      if (sum > sums[to]) {
        sums[to] = sum;
        tokens[to] = token;
        starts[to] = from;
      }
    }

    /** Adds the tokens of the best path; a run of unknown ones as one. */
    private void addBestPath(int length, IntList ids) {
      int first = ids.size();
      boolean afterUnknown = false;
      for (int end = length; end > 0; end = starts[end]) {
        boolean unknown = tokens[end] == vocabulary().unknownId();
        if (!unknown || !afterUnknown) {
          ids.add(tokens[end]);
        }
        afterUnknown = unknown;
      }
      ids.reverse(first);
    }
  }
}
