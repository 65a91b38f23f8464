package dev.myelin.bench;

import dev.myelin.adapter.Adapter;
import dev.myelin.bindings.loader.GgmlBuild;
import dev.myelin.graph.Ggml;
import dev.myelin.inspect.Inspection;
import dev.myelin.natives.KernelsLibrary;
import java.util.List;
import java.util.Locale;

/**
 * What is measured, and on what.
 *
 * @param commit of ggml, with which every engine in the process computes
 * @param cpuLibrary the file name of ggml's CPU library in use
 * @param modelType for example {@code llama 1.24B Q4_K_M}: architecture, parameters, file type
 * @param modelSize bytes of the model's tensors
 * @param adapters what it is loaded with, not counted
 */
public record BenchSubject(
    String commit,
    String cpu,
    String cpuLibrary,
    String modelFile,
    String modelType,
    long modelSize,
    long parameters,
    List<Adapter> adapters) {

  static BenchSubject of(Inspection inspection, List<Adapter> adapters) {
    GgmlBuild build = Ggml.require();
    String architecture = inspection.shape().architecture().orElse("unknown");
    long parameters = inspection.total().parameters();
    return new BenchSubject(
        build.commit(),
        KernelsLibrary.cpuName(),
        build.cpuLibrary().getFileName().toString(),
        inspection.path().toString(),
        architecture + " " + rounded(parameters) + " " + inspection.fileType().label(),
        inspection.total().bytes(),
        parameters,
        adapters);
  }

  /** {@code 1.24B}, {@code 117.00M}, {@code 260.03K}. */
  private static String rounded(long parameters) {
    if (parameters >= 1_000_000_000L) {
      return String.format(Locale.ROOT, "%.2fB", parameters / 1e9);
    }
    return parameters >= 1_000_000
        ? String.format(Locale.ROOT, "%.2fM", parameters / 1e6)
        : String.format(Locale.ROOT, "%.2fK", parameters / 1e3);
  }
}
