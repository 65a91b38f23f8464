/**
 * Adapters of low rank (LoRA, Hu et al. 2021) in the GGUF format that llama.cpp reads: opened,
 * checked against a model, and written.
 */
package dev.myelin.model.adapter;
