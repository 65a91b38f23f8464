package dev.myelin.graph;

import dev.myelin.bindings.ggml.ggml_tensor;
import dev.myelin.natives.CustomOp;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.HashMap;
import java.util.Map;

/** The names of the functions that compute native nodes. Thread-safe. */
final class NativeOperations {
  private static final Map<Long, String> NAMES = new HashMap<>();

  static {
    for (CustomOp op : CustomOp.values()) {
      NAMES.put(op.address().address(), op.opName());
    }
  }

  private NativeOperations() {}

  /** The name of a custom node's function; "custom" for one that is not of libmyelin. */
  static String nameOf(MemorySegment node) {
    // ggml_custom_op_params starts with the function
    long function = ggml_tensor.op_params(node).get(ValueLayout.JAVA_LONG_UNALIGNED, 0);
    return NAMES.getOrDefault(function, "custom");
  }
}
