package dev.myelin.gguf;

import java.util.List;
import java.util.Map;

/** What one file says about itself, checked. Tensors carry the index of the file's part. */
record Header(
    int version, int alignment, Map<String, GgufValue> values, List<TensorInfo> tensors) {}
