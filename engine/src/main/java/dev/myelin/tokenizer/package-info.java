/**
 * Tokenizers of GGUF files: SPM ({@code llama}), byte-level BPE ({@code gpt2}), WordPiece ({@code
 * bert}) and unigram ({@code t5}).
 */
@NullMarked
package dev.myelin.tokenizer;

import org.jspecify.annotations.NullMarked;
