/**
 * Evaluation: perplexity, comparison of a quantised model with its original, scores of
 * continuations.
 */
@NullMarked
package dev.myelin.evaluate;

import org.jspecify.annotations.NullMarked;
