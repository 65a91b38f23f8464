package dev.myelin.bindings.loader;

import dev.myelin.bindings.NativeSymbols;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;

/** Loads a library of libmyelin-cuda's interface that needs no driver; one a process. */
public final class CudaStandIn {
  private CudaStandIn() {}

  /** Finds it as the real one is found where a driver is. */
  public static CudaSearch load(Path file) {
    String any =
        NativeLibraries.home()
            .resolve("native/build/lib")
            .resolve(System.mapLibraryName("myelin"))
            .toString();
    CudaSearch found = CudaSearch.find(file, new CudaSearch.Driver(file, any));
    if (!found.isUsable()) {
      throw new AssertionError(found.reason());
    }
    return found;
  }

  /** What was taken of its devices and not given back. */
  public static int live() throws Throwable {
    return (int)
        Linker.nativeLinker()
            .downcallHandle(symbol("stand_in_live"), FunctionDescriptor.of(ValueLayout.JAVA_INT))
            .invokeExact();
  }

  /** Makes its next product fail with that status. */
  public static void fail(int status) throws Throwable {
    Linker.nativeLinker()
        .downcallHandle(symbol("stand_in_fail"), FunctionDescriptor.ofVoid(ValueLayout.JAVA_INT))
        .invokeExact(status);
  }

  private static MemorySegment symbol(String name) {
    return NativeSymbols.lookup().findOrThrow(name);
  }
}
