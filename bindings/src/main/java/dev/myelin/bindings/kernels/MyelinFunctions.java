// Generated from bindings/symbols

package dev.myelin.bindings.kernels;

import java.util.List;

/** The functions that are bound. */
public final class MyelinFunctions {
    private MyelinFunctions() {}

    public static final List<String> NAMES = List.of(
            "myelin_abi_version",
            "myelin_status_string",
            "myelin_cpu_features",
            "myelin_cpu_feature_name",
            "myelin_cpu_brand",
            "myelin_cpu_physical_cores",
            "myelin_cpu_logical_cores",
            "myelin_isa_status",
            "myelin_isa_name",
            "myelin_isa_request",
            "myelin_threads_probe",
            "myelin_thread_named",
            "myelin_pool_grow",
            "myelin_compute",
            "myelin_abort_requested",
            "myelin_log_sink",
            "myelin_log_take",
            "myelin_prefetch",
            "myelin_resident_bytes",
            "myelin_mapping_keep",
            "myelin_mapping_watch",
            "myelin_mapping_check",
            "myelin_mapping_unwatch",
            "myelin_check_tensor_layout",
            "myelin_kernel_isa",
            "myelin_activation_format",
            "myelin_activation_block_size",
            "myelin_activation_row_bytes",
            "myelin_op_quantize",
            "myelin_op_quantize_swiglu",
            "myelin_op_quantize_rms_norm",
            "myelin_op_matmul",
            "myelin_op_group_by_expert",
            "myelin_op_quantize_by_expert",
            "myelin_op_matmul_by_expert",
            "myelin_attention_supported",
            "myelin_op_attention",
            "myelin_attention_general_status",
            "myelin_op_attention_general",
            "myelin_op_indexer_scores",
            "myelin_op_indexer_select",
            "myelin_op_propagate_nan",
            "myelin_op_propagate_nan_blocks",
            "myelin_op_add",
            "myelin_op_gelu",
            "myelin_op_rope",
            "myelin_quantize_block_size",
            "myelin_quantize",
            "myelin_to_f32",
            "myelin_sgemm_isa",
            "myelin_op_sgemm",
            "myelin_fma_flops",
            "myelin_int8_ops",
            "myelin_read_memory");
}
