/**
 * Tokenizers of GGUF files: SPM ({@code llama}), byte-level BPE ({@code gpt2}), WordPiece ({@code
 * bert}), unigram ({@code t5}) and BPE with escaped spaces ({@code gemma4}).
 */
@NullMarked
package dev.myelin.tokenizer;

import org.jspecify.annotations.NullMarked;
