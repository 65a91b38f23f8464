// Generated from bindings/symbols

package dev.myelin.bindings.llama;

import java.util.List;

/** The functions that are bound. */
public final class LlamaFunctions {
    private LlamaFunctions() {}

    public static final List<String> NAMES = List.of(
            "llama_backend_init",
            "llama_backend_free",
            "llama_log_set",
            "llama_model_default_params",
            "llama_context_default_params",
            "llama_model_quantize_default_params",
            "llama_model_load_from_file",
            "llama_model_free",
            "llama_model_get_vocab",
            "llama_model_quantize",
            "llama_model_n_embd",
            "llama_adapter_lora_init",
            "llama_adapter_lora_free",
            "llama_set_adapters_lora",
            "llama_init_from_model",
            "llama_free",
            "llama_n_ctx",
            "llama_get_memory",
            "llama_memory_clear",
            "llama_memory_seq_rm",
            "llama_set_n_threads",
            "llama_attach_threadpool",
            "llama_batch_init",
            "llama_batch_get_one",
            "llama_batch_free",
            "llama_decode",
            "llama_synchronize",
            "llama_get_logits",
            "llama_get_logits_ith",
            "llama_tokenize",
            "llama_detokenize",
            "llama_token_to_piece",
            "llama_vocab_n_tokens",
            "llama_print_system_info",
            "llama_sampler_apply",
            "llama_sampler_accept",
            "llama_sampler_free",
            "llama_sampler_init_top_k",
            "llama_sampler_init_top_p",
            "llama_sampler_init_min_p",
            "llama_sampler_init_typical",
            "llama_sampler_init_temp",
            "llama_sampler_init_top_n_sigma",
            "llama_sampler_init_penalties");
}
