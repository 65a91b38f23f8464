package dev.myelin.cli.info;

import com.sun.management.OperatingSystemMXBean;
import dev.myelin.bindings.loader.GgmlBuild;
import dev.myelin.cuda.CudaDevices;
import dev.myelin.error.NativeLibraryException;
import dev.myelin.gguf.GgmlType;
import dev.myelin.graph.Devices;
import dev.myelin.graph.NativeKernels;
import dev.myelin.natives.CpuInfo;
import dev.myelin.natives.Isa;
import dev.myelin.natives.Natives;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * The system that Myelin runs on.
 *
 * @param nativeInfo from the native libraries; null if they cannot be loaded
 * @param error why they cannot be loaded; null if they can
 * @param cuda the GPUs that libmyelin-cuda sees
 */
record SystemReport(
    Java java, Machine machine, NativeInfo nativeInfo, NativeLibraryException error, Cuda cuda) {

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
   * @param kernels instruction set of the native kernel for each type
   * @param sgemmIsa instruction set of the f32 matmul of training
   */
  record NativeInfo(
      Cpu cpu,
      GgmlBuild ggml,
      Map<GgmlType, String> kernels,
      String sgemmIsa,
      List<Devices.Device> devices) {
    static NativeInfo load() {
      GgmlBuild ggml = Natives.load();
      Cpu cpu = new Cpu(CpuInfo.name(), CpuInfo.physicalCores(), CpuInfo.features());
      return new NativeInfo(cpu, ggml, NativeKernels.supportedTypes(), Isa.sgemm(), Devices.list());
    }
  }

  /**
   * @param library path of libmyelin-cuda, whether it exists or not
   * @param unavailable why there are no devices; null if there are
   */
  record Cuda(Path library, String unavailable, List<CudaDevices.Device> devices) {
    static Cuda current() {
      Path library = CudaDevices.library();
      try {
        return new Cuda(library, CudaDevices.unavailableReason().orElse(null), CudaDevices.list());
      } catch (NativeLibraryException e) {
        return new Cuda(library, e.getMessage(), List.of());
      }
    }
  }

  static SystemReport current() {
    NativeInfo parts = null;
    NativeLibraryException problem = null;
    try {
      parts = NativeInfo.load();
    } catch (NativeLibraryException e) {
      problem = e;
    }
    return new SystemReport(Java.current(), Machine.current(), parts, problem, Cuda.current());
  }
}
