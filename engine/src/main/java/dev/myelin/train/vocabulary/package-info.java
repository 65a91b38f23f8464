/**
 * Trains vocabularies by byte-pair encoding, in the form of GGUF files: SPM pieces with scores, or
 * byte-level tokens with merges.
 */
@NullMarked
package dev.myelin.train.vocabulary;

import org.jspecify.annotations.NullMarked;
