package dev.myelin.stories;

/**
 * A story.
 *
 * @param text ASCII, one or more paragraphs; no line end at its end
 * @param kind what it is about, such as {@code lost} or {@code race}; a sentence's label
 * @param plot what happens in it, whatever the names and words: two stories with the same plot tell
 *     the same events in the same order
 */
public record Story(String text, String kind, String plot) {}
