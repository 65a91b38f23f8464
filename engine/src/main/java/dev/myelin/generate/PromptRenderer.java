package dev.myelin.generate;

import dev.myelin.chat.ChatMessage;
import dev.myelin.chat.ChatTemplate;
import dev.myelin.tokenizer.PromptText;
import dev.myelin.tokenizer.Tokenizer;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * Renders the prompt for a reply: by the chat template, else as plain text. Immutable and
 * thread-safe.
 */
record PromptRenderer(Optional<ChatTemplate> template, Tokenizer tokenizer) {
  /**
   * Renders a user's message after a conversation.
   *
   * @param first index of the first exchange that the model sees
   */
  TurnPrompt render(History history, int first, String user) {
    if (template.isEmpty()) {
      return new TurnPrompt(first, Transcript.EMPTY, encodePlain(history, first, user));
    }
    List<ChatMessage> messages = history.messages(first);
    messages.add(ChatMessage.user(user));
    PromptText rendered = template.get().renderPrompt(messages, true, Map.of());
    Transcript transcript = history.transcript().with(rendered, tokenizer);
    return new TurnPrompt(first, transcript, transcript.tokens());
  }

  private int[] encodePlain(History history, int first, String user) {
    List<Exchange> exchanges = history.exchanges();
    IntStream.Builder tokens = IntStream.builder();
    String prefix = history.system().isEmpty() ? "" : history.system() + "\n";
    boolean addSpecial = true;
    for (Exchange exchange : exchanges.subList(first, exchanges.size())) {
      add(prefix + exchange.user(), addSpecial, tokens);
      Arrays.stream(exchange.tokens()).forEach(tokens);
      prefix = "";
      addSpecial = false;
    }
    add(prefix + user, addSpecial, tokens);
    return tokens.build().toArray();
  }

  private void add(String text, boolean addSpecial, IntStream.Builder tokens) {
    Arrays.stream(tokenizer.encode(PromptText.untrusted(text), addSpecial)).forEach(tokens);
  }
}
