package dev.myelin.chat;

import dev.myelin.error.MyelinException;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The system prompt that a template inserts if the conversation has none. Stateless and
 * thread-safe.
 */
public final class DefaultSystemPrompt {
  private static final String SYSTEM_MARKER = "a-system-prompt";
  private static final String USER_MARKER = "a-user-message";

  private DefaultSystemPrompt() {}

  /**
   * Renders a conversation with and without a system prompt, and compares. Empty if the template
   * inserts nothing, or fails.
   */
  public static Optional<String> of(ChatTemplate template) {
    try {
      ChatMessage user = ChatMessage.user(USER_MARKER);
      String with = render(template, ChatMessage.system(SYSTEM_MARKER), user);
      String without = render(template, user);
      int at = with.indexOf(SYSTEM_MARKER);
      int end = with.indexOf(USER_MARKER);
      if (at < 0 || end < at || with.indexOf(SYSTEM_MARKER, at + 1) >= 0) {
        return Optional.empty();
      }
      String before = with.substring(0, at);
      String after = with.substring(at + SYSTEM_MARKER.length(), end);
      String other = without.substring(0, Math.max(0, without.indexOf(USER_MARKER)));
      return other.startsWith(before)
              && other.endsWith(after)
              && other.length() > before.length() + after.length()
          ? Optional.of(other.substring(before.length(), other.length() - after.length()).strip())
              .filter(prompt -> !prompt.isEmpty())
          : Optional.empty();
    } catch (MyelinException e) {
      return Optional.empty(); // the next reply reports the error
    }
  }

  private static String render(ChatTemplate template, ChatMessage... messages) {
    return template.renderPrompt(List.of(messages), true, Map.of()).text();
  }
}
