package dev.myelin.tokenizer;

import dev.myelin.error.ModelFileException;
import dev.myelin.error.UnsupportedModelException;
import dev.myelin.gguf.GgufFile;
import dev.myelin.gguf.Metadata;
import dev.myelin.tokenizer.PreTokenizer.Trait;
import dev.myelin.tokenizer.Vocabulary.Added;
import dev.myelin.tokenizer.VocabularyReader.Defaults;
import org.jspecify.annotations.Nullable;

/**
 * Byte-level byte-pair encoding, as in GPT-2. A pre-tokenizer splits the text into words, the bytes
 * of a word are mapped to {@link ByteAlphabet}, and adjacent symbols are merged in the order of the
 * file's merges.
 */
final class BpeTokenizer extends FragmentTokenizer {
  static final String PRE_KEY = "tokenizer.ggml.pre";
  private static final String MERGES_KEY = "tokenizer.ggml.merges";

  /** The largest known list has 514,906 merges. */
  private static final int MAX_MERGES = 1 << 23;

  private final PreTokenizer preTokenizer;
  private final ByteStrings mergeTexts;
  private volatile @Nullable EncoderTables tables;

  /** For encoding: the rank of each merge, and the compiled steps of the pre-tokenizer. */
  private record EncoderTables(ByteStringTable merges, Splitter[] splitters) {}

  private BpeTokenizer(
      Vocabulary vocabulary,
      PreTokenizer preTokenizer,
      ByteStrings mergeTexts,
      boolean prefixesSpace) {
    super(vocabulary, prefixesSpace, preTokenizer.has(Trait.CLEAN_SPACES));
    this.preTokenizer = preTokenizer;
    this.mergeTexts = mergeTexts;
  }

  static BpeTokenizer of(GgufFile file) {
    Metadata metadata = file.metadata();
    PreTokenizer preTokenizer = preTokenizer(file);
    TokenTable tokens = TokenTable.of(file);
    // GPT-2's <|endoftext|> has another id, but llama.cpp defaults to 11, and files rely on it
    int bos = preTokenizer.has(Trait.NO_BOS) ? Vocabulary.NONE : 11;
    Vocabulary vocabulary =
        new VocabularyReader(file, tokens)
            .read(
                new Defaults(
                    bos,
                    11,
                    Vocabulary.NONE,
                    Vocabulary.NONE,
                    new Added(preTokenizer.has(Trait.ADD_BOS), false, false),
                    false));
    tokens.scores(metadata); // unused, but a wrong length means a broken file
    boolean mayLackMerges = preTokenizer.has(Trait.NO_MERGES) && !metadata.has(MERGES_KEY);
    ByteStrings merges = mayLackMerges ? ByteStrings.EMPTY : merges(file);
    return new BpeTokenizer(
        vocabulary, preTokenizer, merges, metadata.bool("tokenizer.ggml.add_space_prefix", false));
  }

  @Override
  public String kind() {
    return TokenizerKind.BPE.ggufName();
  }

  @Override
  TextEncoder encoder() {
    EncoderTables ready = tables;
    if (ready == null) {
      ready = new EncoderTables(new ByteStringTable(mergeTexts), preTokenizer.splitters());
      tables = ready;
    }
    return new Encoder(vocabulary().table(), ready, preTokenizer.has(Trait.IGNORE_MERGES));
  }

  @Override
  byte[] decodeNormal(int token) {
    return ByteAlphabet.decode(vocabulary().texts().copy(token));
  }

  private static PreTokenizer preTokenizer(GgufFile file) {
    String name = file.metadata().optString(PRE_KEY).orElse("");
    return PreTokenizers.find(name.isEmpty() ? PreTokenizers.DEFAULT_NAME : name)
        .orElseThrow(
            () ->
                new UnsupportedModelException(
                    file.path(),
                    "key " + PRE_KEY + " = \"" + name + '"',
                    "expected a pre-tokenizer among " + String.join(", ", PreTokenizers.names())));
  }

  static ByteStrings merges(GgufFile file) {
    ByteStrings merges = ByteStrings.of(file, MERGES_KEY, MAX_MERGES);
    checkMerges(file, merges);
    return merges;
  }

  /** Checks that each merge is two symbols separated by a space. */
  private static void checkMerges(GgufFile file, ByteStrings merges) {
    byte[] bytes = merges.bytes();
    for (int i = 0; i < merges.size(); i++) {
      int offset = merges.start(i) + 1;
      int last = merges.end(i) - 1;
      while (offset < last && bytes[offset] != ' ') {
        offset++;
      }
      if (offset >= last) {
        throw new ModelFileException(
            file.path(),
            "key " + MERGES_KEY + ": element " + i + " = \"" + merges.text(i) + '"',
            "expected two symbols separated by a space");
      }
    }
  }

  private static final class Encoder extends PairMerger implements TextEncoder {
    private final ByteStringTable tokens;
    private final EncoderTables tables;
    private final boolean ignoreMerges;
    private byte[] word = new byte[64];

    Encoder(ByteStringTable tokens, EncoderTables tables, boolean ignoreMerges) {
      this.tokens = tokens;
      this.tables = tables;
      this.ignoreMerges = ignoreMerges;
    }

    @Override
    public void encode(byte[] utf8, int from, int to, boolean afterSpecial, IntList ids) {
      SplitText text = new SplitText(utf8, from, to);
      IntList ends = PreTokenizer.split(text, tables.splitters);
      int offset = from;
      int codePoint = 0;
      for (int i = 0; i < ends.size(); i++) {
        int start = offset;
        for (; codePoint < ends.get(i); codePoint++) {
          offset += Utf8.sequenceLength(utf8[offset]);
        }
        encodeWord(utf8, start, offset, ids);
      }
    }

    private void encodeWord(byte[] utf8, int from, int to, IntList ids) {
      if (word.length < 2L * (to - from)) {
        word = new byte[Math.multiplyExact(2, to - from)];
      }
      int size = ByteAlphabet.encode(utf8, from, to, word);
      int wordId = ignoreMerges ? tokens.find(word, 0, size) : Vocabulary.NONE;
      if (wordId >= 0) {
        ids.add(wordId);
        return;
      }
      merge(word, 0, size);
      for (int symbol = first(); symbol >= 0; symbol = next(symbol)) {
        int id = tokens.find(word, start(symbol), end(symbol));
        if (id >= 0) {
          ids.add(id);
        } else {
          addBytes(start(symbol), end(symbol), ids);
        }
      }
    }

    /**
     * Adds the tokens of the single bytes of a symbol that is not a token. Like llama.cpp, drops
     * the rest.
     */
    private void addBytes(int from, int to, IntList ids) {
      for (int i = from; i < to; i++) {
        int id = tokens.find(word, i, i + 1);
        if (id >= 0) {
          ids.add(id);
        }
      }
    }

    @Override
    long rank(byte[] text, int from, int middle, int to) {
      int rank = tables.merges.findPair(text, from, middle, to);
      return rank < 0 ? NO_MERGE : rank;
    }
  }
}
