package dev.myelin.benches;

import com.sun.management.OperatingSystemMXBean;
import dev.myelin.bindings.loader.GgmlBuild;
import dev.myelin.graph.Ggml;
import dev.myelin.natives.CpuInfo;
import dev.myelin.natives.Isa;
import java.lang.management.ManagementFactory;
import java.time.LocalDate;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/** The machine that benchmarks run on, for the report. */
final class MachineInfo {
  private MachineInfo() {}

  static Map<String, String> describe() {
    GgmlBuild ggml = Ggml.require();
    Map<String, String> lines = new LinkedHashMap<>();
    lines.put("date", LocalDate.now().toString());
    lines.put(
        "processor",
        "%s, %d physical cores, %d logical"
            .formatted(
                CpuInfo.name(),
                CpuInfo.physicalCores(),
                Runtime.getRuntime().availableProcessors()));
    lines.put("features", String.join(" ", CpuInfo.features()));
    if (ManagementFactory.getOperatingSystemMXBean() instanceof OperatingSystemMXBean os) {
      lines.put("memory", String.format(Locale.ROOT, "%.1f GB", os.getTotalMemorySize() * 1e-9));
      double load = os.getSystemLoadAverage();
      lines.put(
          "load",
          load < 0
              ? "unknown"
              : String.format(Locale.ROOT, "%.1f threads on average, before the run", load));
    }
    lines.put(
        "system",
        System.getProperty("os.name")
            + " "
            + System.getProperty("os.version")
            + ", "
            + System.getProperty("os.arch"));
    lines.put("java", Runtime.version() + ", " + System.getProperty("java.vendor"));
    lines.put("ggml", ggml.version() + ", " + ggml.cpuLibrary().getFileName());
    String kernels = Isa.kernels();
    lines.put("kernels", kernels.isEmpty() ? "none" : kernels);
    lines.put("f32 GEMM", Isa.sgemm());
    return lines;
  }
}
