package dev.myelin.tokenizer;

import dev.myelin.error.UnsupportedModelException;
import dev.myelin.gguf.GgufFile;
import dev.myelin.gguf.Metadata;
import java.nio.file.Path;

/**
 * The tokenizer of a file without a vocabulary. The model works with token ids; encoding and
 * decoding text throw an exception that names the missing vocabulary.
 */
final class NoTokenizer implements Tokenizer {
  private final Path file;
  private final String kind;
  private final Vocabulary vocabulary;

  private NoTokenizer(Path file, String kind, Vocabulary vocabulary) {
    this.file = file;
    this.kind = kind;
    this.vocabulary = vocabulary;
  }

  static NoTokenizer of(GgufFile file) {
    return new NoTokenizer(
        file.path(),
        file.metadata().string(TokenizerKind.KEY),
        Vocabulary.withoutTexts(file.path(), vocabularySize(file)));
  }

  /** The number of tokens: {@code ARCHITECTURE.vocab_size}. */
  static int vocabularySize(GgufFile file) {
    Metadata metadata = file.metadata();
    String key = metadata.string("general.architecture").concat(".vocab_size");
    int size = metadata.u32(key);
    if (size < 1 || size > TokenTable.MAX_TOKENS) {
      throw metadata.error(key, "expected 1 to " + TokenTable.MAX_TOKENS + " tokens");
    }
    return size;
  }

  @Override
  public int[] encode(String text, boolean addSpecial, boolean parseSpecial) {
    throw noVocabularyError();
  }

  @Override
  public int[] encode(PromptText text, boolean addSpecial) {
    throw noVocabularyError();
  }

  @Override
  public int[] encodeAfter(int previous, PromptText text) {
    throw noVocabularyError();
  }

  @Override
  public String decode(int[] tokens, boolean renderSpecial) {
    throw noVocabularyError();
  }

  @Override
  public byte[] piece(int token, boolean renderSpecial) {
    throw noVocabularyError();
  }

  @Override
  public Vocabulary vocabulary() {
    return vocabulary;
  }

  @Override
  public String kind() {
    return kind;
  }

  private UnsupportedModelException noVocabularyError() {
    return new UnsupportedModelException(
        file,
        "key " + TokenizerKind.KEY + " = \"" + kind + "\": the file has no vocabulary",
        "expected one to encode and decode text");
  }
}
