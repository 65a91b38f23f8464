// Generated from bindings/symbols

package dev.myelin.bindings.cuda;

import java.util.List;

/** The functions that are bound. */
public final class CudaFunctions {
    private CudaFunctions() {}

    public static final List<String> NAMES = List.of(
            "myelin_cuda_abi_version",
            "myelin_cuda_status_string",
            "myelin_cuda_device_count",
            "myelin_cuda_device_name",
            "myelin_cuda_device_capability",
            "myelin_cuda_device_memory",
            "myelin_cuda_allocate",
            "myelin_cuda_free",
            "myelin_cuda_stream_open",
            "myelin_cuda_stream_close",
            "myelin_cuda_upload",
            "myelin_cuda_download",
            "myelin_cuda_block",
            "myelin_cuda_row_bytes",
            "myelin_cuda_matmul");
}
