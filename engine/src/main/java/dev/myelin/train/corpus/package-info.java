/**
 * Training data: documents read from files, their split into training and validation, and their
 * tokens as one stream.
 */
@NullMarked
package dev.myelin.train.corpus;

import org.jspecify.annotations.NullMarked;
