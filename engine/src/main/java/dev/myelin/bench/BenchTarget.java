package dev.myelin.bench;

import dev.myelin.adapter.Adapter;
import dev.myelin.bindings.loader.GgmlBuild;
import dev.myelin.graph.Ggml;
import dev.myelin.inspect.Inspection;
import dev.myelin.natives.CpuInfo;
import dev.myelin.natives.Isa;
import java.util.List;
import java.util.Locale;

/**
 * The measured model and the machine. Immutable and thread-safe.
 *
 * @param commit commit of ggml, which all engines of the process use; empty for a program
 * @param cpuLibrary file name of ggml's CPU library in use; empty for a program
 * @param isa instruction set of Myelin's kernels, {@code none} for ggml's
 * @param modelType for example {@code llama 1.24B Q4_K_M}: architecture, parameters, file type
 * @param modelSize bytes of the model's tensors
 * @param adapters adapters of the model, not counted
 */
public record BenchTarget(
    String commit,
    String cpu,
    String cpuLibrary,
    String isa,
    String modelFile,
    String modelType,
    long modelSize,
    long parameters,
    List<Adapter> adapters) {

  static BenchTarget of(Inspection inspection, List<Adapter> adapters) {
    GgmlBuild build = Ggml.require();
    String isa = Isa.kernels();
    String architecture = inspection.shape().architecture().orElse("unknown");
    long parameters = inspection.total().parameters();
    return new BenchTarget(
        build.commit(),
        CpuInfo.name(),
        build.cpuLibrary().getFileName().toString(),
        isa.isEmpty() ? "none" : isa,
        inspection.path().toString(),
        architecture + " " + formatCount(parameters) + " " + inspection.fileType().label(),
        inspection.total().bytes(),
        parameters,
        adapters);
  }

  /** The same for an engine with libraries of its own, whose versions are unknown. */
  BenchTarget ofProgram() {
    return new BenchTarget("", cpu, "", isa, modelFile, modelType, modelSize, parameters, adapters);
  }

  /** {@code 1.24B}, {@code 117.00M}, {@code 260.03K}. */
  private static String formatCount(long parameters) {
    if (parameters >= 1_000_000_000L) {
      return String.format(Locale.ROOT, "%.2fB", parameters / 1e9);
    }
    return parameters >= 1_000_000
        ? String.format(Locale.ROOT, "%.2fM", parameters / 1e6)
        : String.format(Locale.ROOT, "%.2fK", parameters / 1e3);
  }
}
