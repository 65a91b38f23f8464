package dev.myelin.tokenizer;

import dev.myelin.error.InvalidRequestException;
import dev.myelin.error.ModelFileException;
import dev.myelin.error.UnsupportedModelException;
import dev.myelin.gguf.GgufFile;

/**
 * Text to token ids and back, as the file's model was trained to see them. Any number of threads
 * may use one; it does not need the file after it was made.
 */
public interface Tokenizer {
  /**
   * The tokenizer that a file describes.
   *
   * @throws UnsupportedModelException if its kind or its pre-tokenizer is not among those known
   * @throws ModelFileException if its tables contradict each other
   */
  static Tokenizer of(GgufFile file) {
    return TokenizerKind.of(file).create(file);
  }

  /**
   * How many tokens a file's model knows: those of its vocabulary; {@code ARCHITECTURE.vocab_size}
   * where it has none, else that key is a label only.
   *
   * @throws ModelFileException if the file does not tell
   */
  static int vocabularySize(GgufFile file) {
    return TokenizerKind.of(file) == TokenizerKind.NONE
        ? NoTokenizer.vocabularySize(file)
        : file.metadata().array(TokenTable.TOKENS_KEY).size();
  }

  /**
   * The ids of a text's tokens.
   *
   * @param text any text; a surrogate without its other half counts as U+FFFD
   * @param addSpecial whether to begin and end as the file says (BOS, EOS)
   * @param parseSpecial whether the text may name control tokens, such as {@code <|im_end|>}; false
   *     for what a user wrote. Tokens that the file calls user-defined are found either way.
   * @throws InvalidRequestException if the text has more than 2^28 characters
   * @throws ModelFileException on the first call, if two tokens of the file are written the same
   */
  int[] encode(String text, boolean addSpecial, boolean parseSpecial);

  /**
   * The ids of a prompt's tokens. It is encoded as one text, as if it had no parts, but a control
   * token is found only where all of its characters are trusted. So is one that the file calls
   * user-defined but that is written as control tokens are, between {@code <|} and {@code |>}: the
   * roles of gpt-oss and Command R. A trusted text gives what {@link #encode(String, boolean,
   * boolean)} gives with {@code parseSpecial}, an untrusted one, but for such tokens, what it gives
   * without.
   *
   * @param addSpecial whether to begin and end as the file says (BOS, EOS)
   * @throws InvalidRequestException if the text has more than 2^28 characters
   * @throws ModelFileException on the first call, if two tokens of the file are written the same
   */
  int[] encode(PromptText text, boolean addSpecial);

  /**
   * The ids of the tokens of a text that goes on after another token. It differs from {@link
   * #encode(PromptText, boolean)} where the kind puts a space in front of a text: there is none in
   * the middle of one.
   *
   * @param previous the token before it
   * @throws InvalidRequestException as above, and if that token is not in the vocabulary
   */
  int[] encodeAfter(int previous, PromptText text);

  /**
   * The text of tokens. Bytes that do not form UTF-8 become U+FFFD. As in llama.cpp, the space that
   * encoding puts in front is taken away again, and some vocabularies drop spaces before
   * punctuation; {@link TextStream} does neither.
   *
   * @param renderSpecial whether control tokens appear by their names
   * @throws InvalidRequestException if an id is not in the vocabulary
   */
  String decode(int[] tokens, boolean renderSpecial);

  /**
   * The bytes one token stands for, which may be a part of a character.
   *
   * @throws InvalidRequestException if the id is not in the vocabulary
   */
  byte[] piece(int token, boolean renderSpecial);

  Vocabulary vocabulary();

  /** What the file calls this kind of tokenizer: {@code llama}, {@code gpt2}. */
  String kind();
}
