package dev.myelin.train;

import dev.myelin.chat.ChatTemplate;
import dev.myelin.chat.ChatTokens;
import dev.myelin.error.InvalidRequestException;
import dev.myelin.tokenizer.PromptText;
import dev.myelin.tokenizer.Tokenizer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Renders a conversation and finds the assistant's tokens: those from the end of the generation
 * prompt to the end of the turn.
 */
final class ChatEncoder {
  private static final String ASSISTANT = "assistant";

  private final ChatTemplate template;
  private final Tokenizer tokenizer;
  private @Nullable String withoutEndOfTurn;

  ChatEncoder(ChatTemplate template, Tokenizer tokenizer) {
    this.template = template;
    this.tokenizer = tokenizer;
  }

  /**
   * The tokens of a conversation, {@code ~id} for tokens that are not the assistant's.
   *
   * @throws InvalidRequestException if there is no assistant message, or if the template renders
   *     the start of a conversation differently when more messages follow
   */
  int[] encode(ChatSample sample) {
    List<Map<String, Object>> messages = sample.messages();
    PromptText whole = template.renderMaps(messages, false, sample.variables());
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
        starts.add(commonPrefix(sample, i, true, text, tokens));
      }
    }
    if (replies.isEmpty()) {
      throw new InvalidRequestException("expected an assistant message to train on");
    }
    for (int r = 0; r < starts.size(); r++) {
      int from = starts.get(r);
      int limit = r + 1 < starts.size() ? starts.get(r + 1) : tokens.length;
      int end = endOfTurn(tokens, from, limit);
      if (end < 0) { // no token ends the turn
        end = commonPrefix(sample, replies.get(r) + 1, false, text, tokens);
        withoutEndOfTurn = withoutEndOfTurn == null ? sample.source() : withoutEndOfTurn;
      }
      System.arraycopy(tokens, from, masked, from, Math.max(0, end - from));
    }
    return masked;
  }

  /**
   * The index after the first end-of-turn token, or -1. The token comes from the template, because
   * message text never becomes a control token. Text that the template adds after it is never
   * generated.
   */
  private int endOfTurn(int[] tokens, int from, int limit) {
    for (int i = from; i < limit; i++) {
      if (tokenizer.vocabulary().isEndOfGeneration(tokens[i])) {
        return i + 1;
      }
    }
    return -1;
  }

  /**
   * The number of leading tokens that the rendering of the first messages shares with the whole.
   */
  private int commonPrefix(ChatSample sample, int count, boolean reply, String text, int[] whole) {
    if (count == 0) {
      return 0; // the conversation starts with the assistant
    }
    PromptText part =
        template.renderMaps(sample.messages().subList(0, count), reply, sample.variables());
    if (!text.startsWith(part.text())) {
      throw new InvalidRequestException(
          ("message %s: the chat template renders the text %s differently in the whole"
                  + " conversation: expected the same text (chat_template_kwargs on the line may"
                  + " help, such as {\"enable_thinking\": false})")
              .formatted(reply ? count : count - 1, reply ? "before it" : "up to it"));
    }
    int[] tokens = ChatTokens.of(part, tokenizer);
    int common = 0;
    while (common < tokens.length && common < whole.length && tokens[common] == whole[common]) {
      common++;
    }
    return common;
  }

  List<String> notes() {
    List<String> notes = new ArrayList<>();
    if (withoutEndOfTurn != null) {
      notes.add(
          withoutEndOfTurn
              + ": the chat template adds no end-of-turn token: the model does not learn"
              + " to end a reply");
    }
    return notes;
  }
}
