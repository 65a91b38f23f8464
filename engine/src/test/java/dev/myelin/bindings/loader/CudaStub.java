package dev.myelin.bindings.loader;

import dev.myelin.bindings.NativeSymbols;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;

/** Loads a stub with libmyelin-cuda's interface, which needs no driver; one per process. */
public final class CudaStub {
  private CudaStub() {}

  /** Finds the stub in the same way as the real library on a machine with a driver. */
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

  /** Number of allocations and streams that are not freed. */
  public static int live() throws Throwable {
    return (int)
        Linker.nativeLinker()
            .downcallHandle(symbol("cuda_stub_live"), FunctionDescriptor.of(ValueLayout.JAVA_INT))
            .invokeExact();
  }

  /** Makes the next matmul fail with a status. */
  public static void fail(int status) throws Throwable {
    Linker.nativeLinker()
        .downcallHandle(symbol("cuda_stub_fail"), FunctionDescriptor.ofVoid(ValueLayout.JAVA_INT))
        .invokeExact(status);
  }

  private static MemorySegment symbol(String name) {
    return NativeSymbols.lookup().findOrThrow(name);
  }
}
