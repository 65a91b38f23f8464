package dev.myelin.runtime;

/**
 * Tokens that a sequence appends, to be computed together with those of others. Immutable and
 * thread-safe, but shares {@code ids}; the sequence is confined to one thread at a time.
 *
 * @param ids the tokens, from index {@code from} on; in the vocabulary, and within the context
 * @param outputs how many of the last have outputs: 1, or any number if {@code count} is at most a
 *     batch
 */
public record Request(Sequence sequence, int[] ids, int from, int count, int outputs) {}
