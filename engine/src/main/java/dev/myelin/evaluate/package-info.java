/**
 * Evaluation: perplexity, comparison of a quantised model with its original, scores of
 * continuations.
 */
package dev.myelin.evaluate;
