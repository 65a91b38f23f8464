package dev.myelin.generate;

import dev.myelin.chat.ChatMessage;
import java.util.List;

/**
 * A user's message and the model's reply.
 *
 * @param tokens the tokens of the reply's text
 */
record Exchange(String user, String reply, int[] tokens) {
  List<ChatMessage> messages() {
    return List.of(ChatMessage.user(user), ChatMessage.assistant(reply));
  }
}
