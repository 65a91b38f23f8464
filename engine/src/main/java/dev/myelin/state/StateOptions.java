package dev.myelin.state;

/**
 * The size and types of a sequence's states. Immutable and thread-safe.
 *
 * @param contextLength maximum number of positions
 * @param batch maximum number of tokens computed together
 */
public record StateOptions(int contextLength, int batch, CacheType keyType, CacheType valueType) {}
