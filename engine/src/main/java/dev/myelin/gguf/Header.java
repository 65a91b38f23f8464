package dev.myelin.gguf;

import java.util.List;
import java.util.Map;

/** The validated header of one file. Each tensor has the index of the part that holds it. */
record Header(
    int version, int alignment, Map<String, GgufValue> values, List<TensorInfo> tensors) {}
