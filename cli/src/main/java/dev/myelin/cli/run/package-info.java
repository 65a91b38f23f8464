/** Runs a model on one text: generation, logits, tokens. */
package dev.myelin.cli.run;
