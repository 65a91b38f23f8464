/**
 * Text to learn from: documents read from files, some of them held out, and their tokens as one
 * stream.
 */
package dev.myelin.train.corpus;
