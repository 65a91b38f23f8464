package dev.myelin.graph;

import dev.myelin.bindings.ggml.Ggml_h;
import dev.myelin.bindings.loader.GgmlBuild;
import dev.myelin.bindings.loader.NativeLibraries;
import dev.myelin.error.NativeLibraryException;
import dev.myelin.gguf.GgmlType;
import dev.myelin.natives.Natives;
import java.lang.foreign.MemorySegment;

/**
 * Loads ggml once and checks that its block formats are the ones this engine computes sizes from.
 */
public final class Ggml {
  private static volatile GgmlBuild checkedBuild;

  private Ggml() {}

  /**
   * Loads ggml on the first call.
   *
   * @return the build in use
   * @throws NativeLibraryException if ggml is missing or has other block formats
   */
  public static GgmlBuild require() {
    GgmlBuild build = checkedBuild;
    if (build == null) {
      requireNativeAccess();
      build = Natives.load();
      checkTypes(build);
      checkedBuild = build;
    }
    return build;
  }

  /** The JVM grants native access per module: the loader's module and this one both need it. */
  private static void requireNativeAccess() {
    try {
      MemorySegment.NULL.reinterpret(0);
    } catch (IllegalCallerException e) {
      throw Natives.failure(NativeLibraries.accessDenied(Ggml.class, e));
    }
  }

  private static void checkTypes(GgmlBuild build) {
    for (GgmlType type : GgmlType.values()) {
      String name = Ggml_h.ggml_type_name(type.id()).getString(0);
      long block = Ggml_h.ggml_blck_size(type.id());
      long bytes = Ggml_h.ggml_type_size(type.id());
      if (!name.equals(type.ggmlName())
          || block != type.blockSize()
          || bytes != type.blockBytes()) {
        throw new NativeLibraryException(
            "ggml %s in %s: type %s is %s, %s values in %s bytes; expected %s, %s in %s"
                .formatted(
                    build.version(),
                    build.directory(),
                    type.id(),
                    name,
                    block,
                    bytes,
                    type.ggmlName(),
                    type.blockSize(),
                    type.blockBytes()));
      }
    }
  }
}
