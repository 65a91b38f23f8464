package dev.myelin.adapter;

import dev.myelin.error.ModelFileException;
import dev.myelin.gguf.GgufFile;
import dev.myelin.gguf.TensorInfo;
import java.util.LinkedHashMap;
import java.util.Map;

/** Where both halves of a change lie. */
record Pair(TensorInfo a, TensorInfo b) {
  static final String A = ".lora_a";
  static final String B = ".lora_b";
  private static final String NORM = "_norm.weight";

  /** A norm that replaces the model's: some tools put them into adapters. */
  static boolean isNorm(TensorInfo tensor) {
    return tensor.name().endsWith(NORM);
  }

  /** A file's pairs, by the name of the matrix that each changes. */
  static Map<String, Pair> of(GgufFile file) {
    Map<String, Pair> pairs = new LinkedHashMap<>();
    for (TensorInfo tensor : file.tensors()) {
      String name = tensor.name();
      if (name.endsWith(A)) {
        pairs.merge(weight(name, A), new Pair(tensor, null), Pair::joined);
      } else if (name.endsWith(B)) {
        pairs.merge(weight(name, B), new Pair(null, tensor), Pair::joined);
      } else if (!isNorm(tensor)) {
        throw new ModelFileException(
            file.path(), "tensor " + name, "expected a name that ends in " + A + " or " + B);
      }
    }
    pairs.forEach((weight, pair) -> pair.requireBoth(file, weight));
    return pairs;
  }

  private static String weight(String name, String half) {
    return name.substring(0, name.length() - half.length());
  }

  private static Pair joined(Pair one, Pair other) {
    return one.a == null ? new Pair(other.a, one.b) : new Pair(one.a, other.b);
  }

  private void requireBoth(GgufFile file, String weight) {
    if (a == null || b == null) {
      String there = weight + (a == null ? B : A);
      String missing = weight + (a == null ? A : B);
      throw new ModelFileException(
          file.path(), "tensor " + missing, "missing, the file has " + there);
    }
  }
}
