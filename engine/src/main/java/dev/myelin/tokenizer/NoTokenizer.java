package dev.myelin.tokenizer;

import dev.myelin.error.UnsupportedModelException;
import dev.myelin.gguf.GgufFile;
import dev.myelin.gguf.Metadata;
import java.nio.file.Path;

/**
 * Stands for the tokenizer of a file without a vocabulary: the model computes with token ids, and
 * turning text into them, or back, is an error that names what is missing.
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
        Vocabulary.withoutTexts(file.path(), size(file)));
  }

  /** The number of tokens, which only {@code ARCHITECTURE.vocab_size} tells. */
  static int size(GgufFile file) {
    Metadata metadata = file.metadata();
    String key = metadata.string("general.architecture").concat(".vocab_size");
    int size = metadata.u32(key);
    if (size < 1 || size > TokenTable.MOST) {
      throw metadata.error(key, "expected 1 to " + TokenTable.MOST + " tokens");
    }
    return size;
  }

  @Override
  public int[] encode(String text, boolean addSpecial, boolean parseSpecial) {
    throw missing();
  }

  @Override
  public int[] encode(PromptText text, boolean addSpecial) {
    throw missing();
  }

  @Override
  public int[] encodeAfter(int previous, PromptText text) {
    throw missing();
  }

  @Override
  public String decode(int[] tokens, boolean renderSpecial) {
    throw missing();
  }

  @Override
  public byte[] piece(int token, boolean renderSpecial) {
    throw missing();
  }

  @Override
  public Vocabulary vocabulary() {
    return vocabulary;
  }

  @Override
  public String kind() {
    return kind;
  }

  private UnsupportedModelException missing() {
    return new UnsupportedModelException(
        file,
        "key " + TokenizerKind.KEY + " = \"" + kind + "\": the file has no vocabulary",
        "expected one to read and write text");
  }
}
