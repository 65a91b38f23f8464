package dev.myelin.generate;

import dev.myelin.chat.ChatMessage;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * A conversation so far. Immutable.
 *
 * @param system the system prompt, empty for none
 * @param dropped number of exchanges that were dropped from the context, the oldest ones
 * @param exchanges all of them, oldest first
 * @param transcript the text and tokens that the model has seen, without what was dropped
 */
record History(String system, int dropped, List<Exchange> exchanges, Transcript transcript) {
  History {
    Objects.requireNonNull(system, "system");
    exchanges = List.copyOf(exchanges);
  }

  /** A conversation without messages. */
  static History empty(String system) {
    return new History(system, 0, List.of(), Transcript.EMPTY);
  }

  /**
   * The conversation after another exchange.
   *
   * @param prompt what the model saw
   * @param transcript the prompt with the reply
   */
  History with(Exchange exchange, TurnPrompt prompt, Transcript transcript) {
    List<Exchange> all = new ArrayList<>(exchanges);
    all.add(exchange);
    return new History(system, prompt.firstExchange(), all, transcript);
  }

  /**
   * The system prompt and the messages of the exchanges.
   *
   * @param first index of the first exchange
   * @return a list to which messages may be added
   */
  List<ChatMessage> messages(int first) {
    List<ChatMessage> messages = new ArrayList<>();
    if (!system.isEmpty()) {
      messages.add(ChatMessage.system(system));
    }
    for (Exchange exchange : exchanges.subList(first, exchanges.size())) {
      messages.addAll(exchange.messages());
    }
    return messages;
  }
}
