package dev.myelin.snapshot;

import dev.myelin.error.ModelFileException;
import dev.myelin.state.CacheType;
import java.nio.file.Path;

/**
 * What the states of a sequence depend on besides its tokens. Immutable and thread-safe.
 *
 * @param identity of the weights and adapters, 64 hexadecimal digits
 * @param contextClass of the context length: {@link dev.myelin.model.Model#contextClass}
 */
public record SnapshotKey(
    String identity, CacheType keyType, CacheType valueType, int contextClass) {

  /**
   * Checks that a file with the states of {@code found} suits a sequence of this key.
   *
   * @throws ModelFileException naming the file and what differs
   */
  void requireSame(SnapshotKey found, Path file) {
    if (!found.identity.equals(identity)) {
      throw new ModelFileException(
          file,
          "model " + shortened(found.identity),
          "expected that of the model that is loaded, with its adapters and their scales, "
              + shortened(identity));
    }
    requireSame(file, "cache type of keys", found.keyType, keyType);
    requireSame(file, "cache type of values", found.valueType, valueType);
    if (found.contextClass != contextClass) {
      throw new ModelFileException(
          file,
          "context class " + found.contextClass,
          "expected "
              + contextClass
              + ": the model computes positions otherwise in contexts of this length");
    }
  }

  private static void requireSame(Path file, String what, CacheType found, CacheType expected) {
    if (found != expected) {
      throw new ModelFileException(
          file, what + " " + found.type().ggmlName(), "expected " + expected.type().ggmlName());
    }
  }

  private static String shortened(String identity) {
    return identity.substring(0, 12);
  }
}
