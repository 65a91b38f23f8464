package dev.myelin.bindings.loader;

import dev.myelin.bindings.NativeLoadException;
import dev.myelin.bindings.ggml.Ggml_h;
import dev.myelin.bindings.ggml.ggml_tensor;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Rejects a ggml whose version or tensor layout differs from the headers that the bindings were
 * generated from. The engine checks the block formats.
 */
final class AbiCheck {
  /** The oldest minor version of ggml 0.x whose public headers hold every bound symbol. */
  private static final int MIN_MINOR = 25;

  /** Size of {@code struct ggml_object}, which precedes each tensor in a context. */
  private static final long OBJECT_BYTES = 32;

  private static final Pattern VERSION = Pattern.compile("(\\d+)\\.(\\d+).*");

  private AbiCheck() {}

  static void run(Path library) {
    checkVersion(Ggml_h.ggml_version().getString(0), library);
    long expected = OBJECT_BYTES + ggml_tensor.sizeof();
    long overhead = Ggml_h.ggml_tensor_overhead();
    if (overhead != expected) {
      throw new NativeLoadException(
          library + ": a tensor takes " + overhead + " bytes, these bindings expect " + expected);
    }
  }

  static void checkVersion(String version, Path library) {
    Matcher m = VERSION.matcher(version);
    boolean fits =
        m.matches()
            && Integer.parseInt(m.group(1)) == 0
            && Integer.parseInt(m.group(2)) >= MIN_MINOR;
    if (!fits) {
      throw new NativeLoadException(
          library + ": ggml " + version + ": expected 0." + MIN_MINOR + " or a later 0.x");
    }
  }
}
