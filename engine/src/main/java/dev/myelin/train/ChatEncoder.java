package dev.myelin.train;

import dev.myelin.chat.ChatTemplate;
import dev.myelin.chat.ChatTokens;
import dev.myelin.error.InvalidRequestException;
import dev.myelin.tokenizer.PromptText;
import dev.myelin.tokenizer.Tokenizer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Renders a conversation and finds the assistant's tokens in it: those between the prompt that a
 * model would have been given and the end of the turn.
 */
final class ChatEncoder {
  private static final String ASSISTANT = "assistant";

  private final ChatTemplate template;
  private final Tokenizer tokenizer;
  private String endless;

  ChatEncoder(ChatTemplate template, Tokenizer tokenizer) {
    this.template = template;
    this.tokenizer = tokenizer;
  }

  /**
   * The tokens of a conversation, {@code ~id} of those that are not the assistant's.
   *
   * @throws InvalidRequestException if there is no message of the assistant, or the template does
   *     not keep the beginning of a conversation as it was when more follows
   */
  int[] encode(ChatSample sample) {
    List<Map<String, Object>> messages = sample.messages();
    PromptText whole = template.promptOf(messages, false, sample.variables());
    String text = whole.text();
    int[] tokens = ChatTokens.of(whole, tokenizer);
    int[] masked = new int[tokens.length];
    for (int i = 0; i < tokens.length; i++) {
      masked[i] = ~tokens[i];
    }
    int turns = 0;
    for (int i = 0; i < messages.size(); i++) {
      if (ASSISTANT.equals(messages.get(i).get("role"))) {
        int from = tokensOf(sample, i, true, text, tokens);
        int to = tokensOf(sample, i + 1, false, text, tokens);
        learn(sample, tokens, masked, from, to);
        turns++;
      }
    }
    if (turns == 0) {
      throw new InvalidRequestException("expected a message of the assistant to learn");
    }
    return masked;
  }

  /** How many tokens the rendering of the first messages has in common with the whole. */
  private int tokensOf(ChatSample sample, int count, boolean reply, String text, int[] whole) {
    if (count == 0) {
      return 0; // the conversation begins with the assistant
    }
    PromptText part =
        template.promptOf(sample.messages().subList(0, count), reply, sample.variables());
    if (!text.startsWith(part.text())) {
      throw new InvalidRequestException(
          ("message %s: the chat template renders the messages before it otherwise once more"
                  + " follow, so that the assistant's text cannot be told: expected a template"
                  + " that keeps them, or one reply for each conversation")
              .formatted(count));
    }
    int[] tokens = ChatTokens.of(part, tokenizer);
    int same = 0;
    while (same < tokens.length && same < whole.length && tokens[same] == whole[same]) {
      same++;
    }
    return same;
  }

  /** Up to the token that ends the turn; what the template writes after it, nobody generates. */
  private void learn(ChatSample sample, int[] tokens, int[] masked, int from, int to) {
    int end = to;
    while (end > from && !tokenizer.vocabulary().isEndOfGeneration(tokens[end - 1])) {
      end--;
    }
    if (end == from) { // nothing ends the turn
      end = to;
      endless = endless == null ? sample.source() : endless;
    }
    System.arraycopy(tokens, from, masked, from, end - from);
  }

  List<String> notes() {
    List<String> notes = new ArrayList<>();
    if (endless != null) {
      notes.add(
          endless
              + ": the chat template writes no token that ends a reply: the model does not learn"
              + " to end one");
    }
    return notes;
  }
}
