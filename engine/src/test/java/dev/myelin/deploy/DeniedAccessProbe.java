package dev.myelin.deploy;

import dev.myelin.bindings.loader.CudaSearch;
import dev.myelin.error.NativeLibraryException;
import dev.myelin.gguf.GgmlType;
import dev.myelin.gguf.GgufFile;
import dev.myelin.graph.Backend;
import dev.myelin.graph.Dequantizer;
import dev.myelin.graph.Devices;
import dev.myelin.graph.NativeKernels;
import dev.myelin.graph.TensorBuffer;
import dev.myelin.graph.TensorContext;
import dev.myelin.model.Model;
import dev.myelin.natives.CpuInfo;
import dev.myelin.quantize.Mixes;
import dev.myelin.quantize.QuantizeListener;
import dev.myelin.quantize.QuantizeOptions;
import dev.myelin.quantize.Quantizer;
import java.nio.file.Path;
import java.util.List;

/**
 * Main program of {@link DeployTest}'s child process without native access: calls each entry point.
 */
final class DeniedAccessProbe {
  static final List<String> ENTRY_POINTS =
      List.of(
          "load",
          "copy",
          "quantize",
          "devices",
          "kernels",
          "cores",
          "dequantizer",
          "backend",
          "context",
          "buffer");

  private DeniedAccessProbe() {}

  public static void main(String[] args) {
    Path model = Path.of(args[0]);
    for (int i = 0; i < 2; i++) {
      for (String entry : ENTRY_POINTS) {
        try {
          call(entry, model, Path.of(args[1]));
          System.out.println(entry + " succeeded");
        } catch (NativeLibraryException e) {
          System.out.println(entry + ": " + e.getMessage());
        }
      }
    }
    if (CudaSearch.result().isUsable()) {
      System.out.println("CUDA is usable");
    }
  }

  private static void call(String entry, Path model, Path folder) {
    switch (entry) {
      case "load" -> Model.load(model).close();
      case "copy" -> {
        try (GgufFile file = GgufFile.open(model)) {
          Model.loadTrainable(file).close();
        }
      }
      case "quantize" ->
          new Quantizer(QuantizeOptions.of(Mixes.named("Q8_0").orElseThrow()))
              .run(model, folder.resolve("out.gguf"), QuantizeListener.NONE);
      case "devices" -> Devices.list();
      case "kernels" -> NativeKernels.supportedTypes();
      case "cores" -> CpuInfo.physicalCores();
      case "dequantizer" -> Dequantizer.of(GgmlType.Q4_0);
      case "backend" -> Backend.cpu(1).close();
      case "context" -> new TensorContext(1).close();
      case "buffer" -> TensorBuffer.allocateZeroed(64).close();
      default -> throw new IllegalArgumentException(entry);
    }
  }
}
