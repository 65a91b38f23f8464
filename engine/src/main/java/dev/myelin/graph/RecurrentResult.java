package dev.myelin.graph;

/**
 * What an operation of a recurrent layer computes. Immutable.
 *
 * @param output of each token
 * @param states of each sequence after its last token, to be copied to where they are kept
 */
public record RecurrentResult(Tensor output, Tensor states) {}
