package dev.myelin.model.config;

import dev.myelin.error.UnsupportedModelException;
import dev.myelin.gguf.GgufArray;
import dev.myelin.gguf.GgufFile;
import dev.myelin.gguf.GgufValue;

/**
 * Integers that a file gives once for all layers, or as an array with one for each layer. The
 * architectures here have layers of one shape, so an array is served where all its elements agree.
 */
final class LayerValues {
  private LayerValues() {}

  /**
   * The value of all layers, of any range.
   *
   * @throws UnsupportedModelException naming the first layer that differs
   * @throws dev.myelin.error.ModelFileException if the value is no integer, or not one for each
   *     layer
   */
  static int same(GgufFile file, String key, int layers) {
    GgufValue value = file.metadata().value(key);
    if (!(value instanceof GgufArray array)) {
      return file.metadata().u32(key);
    }
    if (!array.elementType().isInteger() || array.size() != layers) {
      throw file.metadata()
          .error(key, "expected an integer, or one for each of " + layers + " layers");
    }
    long first = array.i64(0);
    for (int i = 1; i < layers; i++) {
      if (array.i64(i) != first) {
        throw new UnsupportedModelException(
            file.path(),
            "key " + key + " = " + first + " in layer 0, " + array.i64(i) + " in layer " + i,
            "expected the same in all layers");
      }
    }
    if (first < 0 || first > Integer.MAX_VALUE) {
      throw file.metadata().error(key, "expected integers from 0 to " + Integer.MAX_VALUE);
    }
    return (int) first;
  }
}
