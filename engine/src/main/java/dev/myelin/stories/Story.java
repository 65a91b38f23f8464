package dev.myelin.stories;

/**
 * A story. Immutable and thread-safe.
 *
 * @param text ASCII, one or more paragraphs; no line break at the end
 * @param kind the name of the plot, such as {@code lost} or {@code race}; of a sentence, its label
 * @param plot the sequence of events, independent of names and wording: two stories with equal
 *     plots have the same events in the same order
 */
public record Story(String text, String kind, String plot) {}
