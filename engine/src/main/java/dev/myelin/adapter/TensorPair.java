package dev.myelin.adapter;

import dev.myelin.error.ModelFileException;
import dev.myelin.gguf.GgufFile;
import dev.myelin.gguf.TensorInfo;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The tensors A and B of a low-rank update. */
record TensorPair(@Nullable TensorInfo a, @Nullable TensorInfo b) {
  static final String A_SUFFIX = ".lora_a";
  static final String B_SUFFIX = ".lora_b";
  private static final String NORM_SUFFIX = "_norm.weight";

  /** Whether a tensor is a norm: some tools store the model's norms in adapters. */
  static boolean isNorm(TensorInfo tensor) {
    return tensor.name().endsWith(NORM_SUFFIX);
  }

  /** The pairs of a file by the name of the matrix they update. */
  static Map<String, TensorPair> of(GgufFile file) {
    Map<String, TensorPair> pairs = new LinkedHashMap<>();
    for (TensorInfo tensor : file.tensors()) {
      String name = tensor.name();
      if (name.endsWith(A_SUFFIX)) {
        pairs.merge(weightName(name, A_SUFFIX), new TensorPair(tensor, null), TensorPair::merge);
      } else if (name.endsWith(B_SUFFIX)) {
        pairs.merge(weightName(name, B_SUFFIX), new TensorPair(null, tensor), TensorPair::merge);
      } else if (!isNorm(tensor)) {
        throw new ModelFileException(
            file.path(),
            "tensor " + name,
            "expected a name that ends in " + A_SUFFIX + " or " + B_SUFFIX);
      }
    }
    pairs.forEach((weight, pair) -> pair.requireBoth(file, weight));
    return pairs;
  }

  private static String weightName(String name, String suffix) {
    return name.substring(0, name.length() - suffix.length());
  }

  private static TensorPair merge(TensorPair one, TensorPair other) {
    return one.a == null ? new TensorPair(other.a, one.b) : new TensorPair(one.a, other.b);
  }

  private void requireBoth(GgufFile file, String weight) {
    if (a == null || b == null) {
      String present = weight + (a == null ? B_SUFFIX : A_SUFFIX);
      String missing = weight + (a == null ? A_SUFFIX : B_SUFFIX);
      throw new ModelFileException(
          file.path(), "tensor " + missing, "missing, the file has " + present);
    }
  }
}
