package dev.myelin.runtime;

/**
 * How much of its memory a runtime uses. Immutable and thread-safe.
 *
 * @param sequences open ones
 * @param pages of 64 positions in use, by sequences or kept for later ones
 * @param prefixPages pages of tokens kept for later sequences
 * @param snapshots recurrent states kept for rewinds and later sequences
 * @param steps batches computed so far
 * @param pieces parts of sequences in them: more than steps if sequences were computed together
 * @param tokens in them
 */
public record RuntimeUsage(
    int sequences,
    int pages,
    int prefixPages,
    int snapshots,
    long steps,
    long pieces,
    long tokens) {}
