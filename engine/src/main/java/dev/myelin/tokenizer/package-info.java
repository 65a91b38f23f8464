/** Tokenizers of GGUF files: SPM ({@code llama}) and byte-level BPE ({@code gpt2}). */
@NullMarked
package dev.myelin.tokenizer;

import org.jspecify.annotations.NullMarked;
