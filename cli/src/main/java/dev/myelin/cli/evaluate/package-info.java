/** Measures how well a model predicts: perplexity, divergence, classification. */
package dev.myelin.cli.evaluate;
