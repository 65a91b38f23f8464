package dev.myelin.tokenizer;

import dev.myelin.error.InvalidRequestException;
import dev.myelin.error.ModelFileException;
import dev.myelin.error.UnsupportedModelException;
import dev.myelin.gguf.GgufFile;

/**
 * Encodes text to token ids and decodes them. Immutable and thread-safe. It does not need the file
 * after it is created.
 */
public interface Tokenizer {
  /**
   * The tokenizer of a file.
   *
   * @throws UnsupportedModelException if its kind or its pre-tokenizer is not supported
   * @throws ModelFileException if its tables are inconsistent
   */
  static Tokenizer of(GgufFile file) {
    return TokenizerKind.of(file).create(file);
  }

  /**
   * The vocabulary size of a file: the number of its tokens, or {@code ARCHITECTURE.vocab_size} if
   * it has no tokens. Otherwise that key is ignored.
   *
   * @throws ModelFileException if the file has neither
   */
  static int vocabularySize(GgufFile file) {
    return TokenizerKind.of(file) == TokenizerKind.NONE
        ? NoTokenizer.vocabularySize(file)
        : file.metadata().array(TokenTable.TOKENS_KEY).size();
  }

  /**
   * Encodes a text.
   *
   * @param text any text; an unpaired surrogate is encoded as U+FFFD
   * @param addSpecial whether to add BOS, EOS and the separator if the file or its kind says so
   * @param parseSpecial whether control tokens, such as {@code <|im_end|>}, are found in the text;
   *     false for the text of a user. User-defined tokens are always found.
   * @throws InvalidRequestException if the text has more than 2^28 characters
   * @throws ModelFileException on the first call, if two tokens of the file have the same text
   */
  int[] encode(String text, boolean addSpecial, boolean parseSpecial);

  /**
   * Encodes a prompt. The spans are encoded as one text, but a control token is found only if all
   * its characters are trusted. The same holds for user-defined tokens that are written like
   * control tokens, with {@code <|} or {@code |>}: the roles of gpt-oss and Command R. A trusted
   * text gives the same tokens as {@link #encode(String, boolean, boolean)} with {@code
   * parseSpecial}. An untrusted text gives the same tokens as without it, except for those
   * user-defined tokens.
   *
   * @param addSpecial whether to add BOS, EOS and the separator if the file or its kind says so
   * @throws InvalidRequestException if the text has more than 2^28 characters
   * @throws ModelFileException on the first call, if two tokens of the file have the same text
   */
  int[] encode(PromptText text, boolean addSpecial);

  /**
   * Encodes the continuation of a text. It differs from {@link #encode(PromptText, boolean)} for
   * tokenizers that add a space in front of a text: a continuation gets none.
   *
   * @param previous the token before the continuation
   * @throws InvalidRequestException as above, and if that token is not in the vocabulary
   */
  int[] encodeAfter(int previous, PromptText text);

  /**
   * Decodes tokens. Invalid UTF-8 becomes U+FFFD. As in llama.cpp, the space that encoding adds in
   * front is removed (not that of {@code bert}), and for some vocabularies also spaces before
   * punctuation. {@link TextStream} does neither.
   *
   * @param renderSpecial whether control tokens are rendered
   * @throws InvalidRequestException if an id is not in the vocabulary
   */
  String decode(int[] tokens, boolean renderSpecial);

  /**
   * The bytes of one token, which may be a part of a character.
   *
   * @throws InvalidRequestException if the id is not in the vocabulary
   */
  byte[] piece(int token, boolean renderSpecial);

  Vocabulary vocabulary();

  /**
   * The kind of tokenizer as named by {@code tokenizer.ggml.model}: {@code llama}, {@code gpt2},
   * {@code bert}, {@code t5}.
   */
  String kind();
}
