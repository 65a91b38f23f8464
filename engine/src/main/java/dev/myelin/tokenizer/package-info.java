/**
 * Text to token ids and back: the SPM ({@code llama}) and byte-level BPE ({@code gpt2}) tokenizers
 * of GGUF files.
 */
package dev.myelin.tokenizer;
