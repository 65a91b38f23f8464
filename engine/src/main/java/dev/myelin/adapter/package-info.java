/**
 * Low-rank adapters (LoRA, Hu et al. 2021) in the GGUF format of llama.cpp: opened, checked against
 * a model, and written.
 */
package dev.myelin.adapter;
