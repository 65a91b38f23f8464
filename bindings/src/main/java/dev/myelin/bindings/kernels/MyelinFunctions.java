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
            "myelin_threads_probe",
            "myelin_abort_requested",
            "myelin_log_sink",
            "myelin_log_take",
            "myelin_prefetch",
            "myelin_resident_bytes",
            "myelin_mapping_watch",
            "myelin_mapping_check",
            "myelin_mapping_unwatch",
            "myelin_tensor_layout",
            "myelin_kernel_name",
            "myelin_kernel_format",
            "myelin_activation_block",
            "myelin_activation_bytes",
            "myelin_op_quantize",
            "myelin_op_quantize_gated",
            "myelin_op_quantize_normed",
            "myelin_op_matmul",
            "myelin_op_group",
            "myelin_op_quantize_groups",
            "myelin_op_matmul_groups",
            "myelin_attention_serves",
            "myelin_op_attention",
            "myelin_op_carry",
            "myelin_op_carry_q8_0",
            "myelin_encode_block",
            "myelin_encode",
            "myelin_widen",
            "myelin_product_name",
            "myelin_op_product",
            "myelin_fma_flops",
            "myelin_int8_ops",
            "myelin_read");
}
