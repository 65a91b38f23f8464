package dev.myelin.cli.info;

import com.sun.management.OperatingSystemMXBean;
import dev.myelin.bindings.loader.GgmlBuild;
import dev.myelin.cuda.CudaDevices;
import dev.myelin.error.NativeLibraryException;
import dev.myelin.gguf.GgmlType;
import dev.myelin.graph.Devices;
import dev.myelin.graph.NativeKernels;
import dev.myelin.natives.KernelsLibrary;
import dev.myelin.natives.Natives;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * What Myelin runs on.
 *
 * @param nativeParts what needs the native libraries; null where they cannot be loaded
 * @param problem why they cannot; null where they can
 * @param cuda what libmyelin-cuda sees, which no other part needs
 */
record SystemReport(
    Java java,
    Machine machine,
    NativeParts nativeParts,
    NativeLibraryException problem,
    Cuda cuda) {

  record Java(String version, String vendor, String home, long heapBytes) {
    static Java current() {
      return new Java(
          Runtime.version().toString(),
          System.getProperty("java.vendor"),
          System.getProperty("java.home"),
          Runtime.getRuntime().maxMemory());
    }
  }

  /**
   * @param logicalCores hardware threads this process may use
   */
  record Machine(
      String system,
      String version,
      String architecture,
      int logicalCores,
      long memoryBytes,
      long freeBytes) {
    static Machine current() {
      OperatingSystemMXBean bean = ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);
      return new Machine(
          System.getProperty("os.name"),
          System.getProperty("os.version"),
          System.getProperty("os.arch"),
          Runtime.getRuntime().availableProcessors(),
          bean.getTotalMemorySize(),
          bean.getFreeMemorySize());
    }
  }

  record Cpu(String name, int physicalCores, List<String> features) {}

  /**
   * @param kernels Myelin's own, by the type they serve: the instruction set in use
   * @param products the instruction set that training multiplies f32 matrices with
   */
  record NativeParts(
      Cpu cpu,
      GgmlBuild ggml,
      Map<GgmlType, String> kernels,
      String products,
      List<Devices.Device> devices) {
    static NativeParts load() {
      GgmlBuild ggml = Natives.load();
      Cpu cpu =
          new Cpu(
              KernelsLibrary.cpuName(),
              KernelsLibrary.physicalCores(),
              KernelsLibrary.cpuFeatures());
      return new NativeParts(
          cpu, ggml, NativeKernels.supportedTypes(), KernelsLibrary.sgemmIsa(), Devices.list());
    }
  }

  /**
   * @param library the file of libmyelin-cuda, or where it would be
   * @param absence why there are no devices; null where there are some
   */
  record Cuda(Path library, String absence, List<CudaDevices.Device> devices) {
    static Cuda current() {
      Path library = CudaDevices.library();
      try {
        return new Cuda(library, CudaDevices.absence().orElse(null), CudaDevices.list());
      } catch (NativeLibraryException e) {
        return new Cuda(library, e.getMessage(), List.of());
      }
    }
  }

  static SystemReport current() {
    NativeParts parts = null;
    NativeLibraryException problem = null;
    try {
      parts = NativeParts.load();
    } catch (NativeLibraryException e) {
      problem = e;
    }
    return new SystemReport(Java.current(), Machine.current(), parts, problem, Cuda.current());
  }
}
