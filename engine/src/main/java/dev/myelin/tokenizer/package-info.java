/** Tokenizers of GGUF files: SPM ({@code llama}) and byte-level BPE ({@code gpt2}). */
package dev.myelin.tokenizer;
