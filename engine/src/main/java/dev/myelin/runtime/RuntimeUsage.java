package dev.myelin.runtime;

/**
 * How much of its memory a runtime uses. Immutable and thread-safe.
 *
 * @param sequences open ones
 * @param pages of 64 positions in use, by sequences or kept for later ones
 * @param prefixPages pages of tokens kept for later sequences
 */
public record RuntimeUsage(int sequences, int pages, int prefixPages) {}
