/**
 * Vocabularies learned from text by byte-pair encoding: SPM pieces with scores, and byte-level
 * tokens with merges, as GGUF files hold them.
 */
package dev.myelin.train.vocabulary;
