/**
 * Low-rank adapters (LoRA, Hu et al. 2021) in llama.cpp's GGUF format: reading, checking against a
 * model, writing.
 */
@NullMarked
package dev.myelin.adapter;

import org.jspecify.annotations.NullMarked;
