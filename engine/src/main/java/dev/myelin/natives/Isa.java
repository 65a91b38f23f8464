package dev.myelin.natives;

import dev.myelin.bindings.NativeLoadException;
import dev.myelin.bindings.kernels.Myelin_h;
import dev.myelin.bindings.loader.MyelinLibrary;
import dev.myelin.bindings.loader.NativeLibraries;
import dev.myelin.error.InvalidRequestException;
import dev.myelin.error.NativeLibraryException;
import java.util.List;
import java.util.Locale;

/** The instruction set of the kernels. */
public final class Isa {
  private Isa() {}

  /**
   * The values of MYELIN_ISA that work on this CPU: the instruction sets with kernels, best first,
   * then "scalar", the reference, and "none", ggml's kernels.
   */
  public static List<String> names() {
    Natives.load();
    return MyelinLibrary.isaNames();
  }

  /**
   * Chooses the instruction set of the kernels, in place of MYELIN_ISA, and of ggml's CPU library,
   * before anything else of the engine is used: once per process.
   *
   * @param name one of {@link #names}, in any case
   * @throws InvalidRequestException if this CPU does not support it; lists the names
   * @throws NativeLibraryException if another instruction set is in use
   */
  public static void request(String name) {
    try {
      String isa = name.strip().toLowerCase(Locale.ROOT);
      List<String> names = NativeLibraries.isaNames();
      if (!names.contains(isa)) {
        throw new InvalidRequestException(
            "isa " + name + ": this CPU supports " + String.join(", ", names));
      }
      NativeLibraries.requestIsa(isa);
    } catch (NativeLoadException e) {
      throw Natives.failure(e);
    }
  }

  /** The instruction set of the kernels in use, empty if ggml's kernels are used. */
  public static String kernels() {
    Natives.load();
    return Myelin_h.myelin_kernel_isa().getString(0);
  }

  /** The instruction set of the f32 GEMM. */
  public static String sgemm() {
    Natives.load();
    return Myelin_h.myelin_sgemm_isa().getString(0);
  }
}
