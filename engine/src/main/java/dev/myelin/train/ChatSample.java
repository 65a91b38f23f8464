package dev.myelin.train;

import java.util.List;
import java.util.Map;

/**
 * A conversation to learn from.
 *
 * @param source where it comes from, for messages: {@code chats.jsonl line 3}
 * @param messages as OpenAI's API has them, with {@code role} and {@code content} at least
 * @param variables of the chat template, such as {@code tools}
 */
public record ChatSample(
    String source, List<Map<String, Object>> messages, Map<String, Object> variables) {}
