package dev.myelin.chat;

import dev.myelin.error.MyelinException;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The system prompt that a template writes where a conversation has none. */
public final class DefaultSystemPrompt {
  private static final String SYSTEM = "a-system-prompt";
  private static final String USER = "a-user-message";

  private DefaultSystemPrompt() {}

  /**
   * Found by rendering: what stands in the place of the system prompt when there is none. Empty
   * where the template writes nothing there, or fails.
   */
  public static Optional<String> of(ChatTemplate template) {
    try {
      ChatMessage user = ChatMessage.user(USER);
      String with = rendered(template, ChatMessage.system(SYSTEM), user);
      String without = rendered(template, user);
      int at = with.indexOf(SYSTEM);
      int end = with.indexOf(USER);
      if (at < 0 || end < at || with.indexOf(SYSTEM, at + 1) >= 0) {
        return Optional.empty();
      }
      String before = with.substring(0, at);
      String after = with.substring(at + SYSTEM.length(), end);
      String other = without.substring(0, Math.max(0, without.indexOf(USER)));
      return other.startsWith(before)
              && other.endsWith(after)
              && other.length() > before.length() + after.length()
          ? Optional.of(other.substring(before.length(), other.length() - after.length()).strip())
              .filter(prompt -> !prompt.isEmpty())
          : Optional.empty();
    } catch (MyelinException e) {
      return Optional.empty(); // a reply will say what is wrong
    }
  }

  private static String rendered(ChatTemplate template, ChatMessage... messages) {
    return template.prompt(List.of(messages), true, Map.of()).text();
  }
}
