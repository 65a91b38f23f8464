package dev.myelin.train;

import java.util.List;
import java.util.Map;

/**
 * A conversation to train on. Immutable and thread-safe as long as nobody changes its maps.
 *
 * @param source the source, for messages: {@code chats.jsonl line 3}
 * @param messages messages in OpenAI's format, with at least {@code role} and {@code content}
 * @param variables variables of the chat template, such as {@code tools}
 */
public record ChatSample(
    String source, List<Map<String, Object>> messages, Map<String, Object> variables) {}
