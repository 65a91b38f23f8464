package dev.myelin.chat;

import dev.myelin.tokenizer.PromptText;
import dev.myelin.tokenizer.Tokenizer;
import dev.myelin.tokenizer.Vocabulary;

/** Encodes a prompt that a {@link ChatTemplate} rendered. Stateless and thread-safe. */
public final class ChatTokens {
  private ChatTokens() {}

  /**
   * The token ids of a whole prompt. Most templates write BOS. It is added here if the tokenizer
   * adds it and the template did not write it.
   *
   * @throws dev.myelin.error.InvalidRequestException if the vocabulary has no token for a character
   */
  public static int[] of(PromptText prompt, Tokenizer tokenizer) {
    int[] tokens = tokenizer.encode(prompt, false);
    Vocabulary vocabulary = tokenizer.vocabulary();
    if (!vocabulary.addsBos() || vocabulary.bos().isEmpty()) {
      return tokens;
    }
    int bos = vocabulary.bos().getAsInt();
    if (tokens.length > 0 && tokens[0] == bos) {
      return tokens;
    }
    int[] all = new int[tokens.length + 1];
    all[0] = bos;
    System.arraycopy(tokens, 0, all, 1, tokens.length);
    return all;
  }
}
