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
    List<Integer> replies = new ArrayList<>();
    List<Integer> starts = new ArrayList<>();
    for (int i = 0; i < messages.size(); i++) {
      if (ASSISTANT.equals(messages.get(i).get("role"))) {
        replies.add(i);
        starts.add(tokensOf(sample, i, true, text, tokens));
      }
    }
    if (replies.isEmpty()) {
      throw new InvalidRequestException("expected a message of the assistant to learn");
    }
    for (int r = 0; r < starts.size(); r++) {
      int from = starts.get(r);
      int most = r + 1 < starts.size() ? starts.get(r + 1) : tokens.length;
      int end = endOfTurn(tokens, from, most);
      if (end < 0) { // nothing ends the turn
        end = tokensOf(sample, replies.get(r) + 1, false, text, tokens);
        endless = endless == null ? sample.source() : endless;
      }
      System.arraycopy(tokens, from, masked, from, Math.max(0, end - from));
    }
    return masked;
  }

  /**
   * After the first token that ends a turn, -1 if there is none. It is the template's: what people
   * and models write names no control token. What the template writes after it, nobody generates.
   */
  private int endOfTurn(int[] tokens, int from, int most) {
    for (int i = from; i < most; i++) {
      if (tokenizer.vocabulary().isEndOfGeneration(tokens[i])) {
        return i + 1;
      }
    }
    return -1;
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
          ("message %s: what the chat template renders %s is not how the whole conversation begins:"
                  + " expected a template that keeps it (chat_template_kwargs on the line may help,"
                  + " {\"enable_thinking\": false} for one)")
              .formatted(reply ? count : count - 1, reply ? "before it" : "up to it"));
    }
    int[] tokens = ChatTokens.of(part, tokenizer);
    int same = 0;
    while (same < tokens.length && same < whole.length && tokens[same] == whole[same]) {
      same++;
    }
    return same;
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
