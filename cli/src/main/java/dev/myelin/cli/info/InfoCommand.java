package dev.myelin.cli.info;

import dev.myelin.bindings.loader.GgmlBuild;
import dev.myelin.cli.command.Subcommand;
import dev.myelin.cli.command.Version;
import dev.myelin.cli.info.SystemReport.Machine;
import dev.myelin.cli.info.SystemReport.NativeInfo;
import dev.myelin.cli.io.BundledModel;
import dev.myelin.cli.io.Console;
import dev.myelin.cli.io.Json;
import dev.myelin.cli.io.TextTable;
import dev.myelin.cli.io.Units;
import dev.myelin.cli.options.ModelOptions;
import dev.myelin.cuda.CudaDevices;
import dev.myelin.graph.Devices;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** Shows the system that Myelin runs on. */
public final class InfoCommand extends Subcommand {
  private final Value<Boolean> json = flag("Print JSON.", "--json");
  private final ModelOptions model =
      new ModelOptions(this, "Also show how this model is computed: a GGUF file or a name.");

  public InfoCommand(Console console) {
    super(
        console,
        "info",
        "Show the bundled model, JVM, processor, ggml, native kernels, devices and CUDA.",
        "",
        "If the native libraries cannot be loaded, the rest is shown and the exit status is 1.",
        "",
        "Examples:",
        "  myelin info",
        "  myelin info -m model.gguf",
        "  myelin info --json | jq .ggml.cpu_library");
  }

  @Override
  public void run() {
    SystemReport report = SystemReport.current();
    BundledModel.Summary bundled =
        console.bundled().get().map(BundledModel.Summary::of).orElse(null);
    boolean hasModel = model.isOnCommandLine() && report.error() == null;
    ModelReport named = hasModel ? ModelReport.of(model.checkpoint()) : null;
    console.print(
        json.get()
            ? Json.pretty(InfoJson.of(report, bundled, named))
            : text(report, bundled, named));
    if (report.error() != null) {
      throw report.error();
    }
  }

  private static String text(SystemReport report, BundledModel.Summary model, ModelReport named) {
    SystemReport.Java java = report.java();
    Machine machine = report.machine();
    TextTable table = new TextTable("ll");
    table.row("version", Version.text());
    table.row("bundled model", model == null ? "none in this build" : bundled(model));
    table.row("java", java.version() + ", " + java.vendor() + ", " + java.home());
    table.row("system", machine.system() + " " + machine.version() + ", " + machine.architecture());
    table.row(
        "memory",
        "%s, %s free, maximum Java heap %s"
            .formatted(
                Units.bytes(machine.memoryBytes()),
                Units.bytes(machine.freeBytes()),
                Units.bytes(java.heapBytes())));
    if (report.nativeInfo() != null) {
      addNativeInfo(table, report.nativeInfo(), machine);
    }
    cuda(report.cuda()).forEach(line -> table.row("cuda", line));
    if (named != null) {
      named.addTo(table);
    }
    return table.toString();
  }

  private static String bundled(BundledModel.Summary model) {
    return "%s, %s parameters, %s, %s, license %s; see %s"
        .formatted(
            model.name(),
            Units.abbreviated(model.parameters()),
            model.type(),
            Units.bytes(model.bytes()),
            model.license().isEmpty() ? "not stated" : model.license(),
            BundledModel.MODEL_CARD);
  }

  private static void addNativeInfo(TextTable table, NativeInfo parts, Machine machine) {
    SystemReport.Cpu cpu = parts.cpu();
    table.row(
        "processor",
        "%s, %s physical cores, %s logical"
            .formatted(
                cpu.name().isEmpty() ? "unknown" : cpu.name(),
                cpu.physicalCores(),
                machine.logicalCores()));
    table.row("features", String.join(" ", cpu.features()));
    GgmlBuild ggml = parts.ggml();
    table.row(
        "ggml",
        "%s, commit %s, %s, %s"
            .formatted(ggml.version(), ggml.commit(), ggml.origin(), ggml.directory()));
    table.row("cpu library", ggml.cpuLibrary().getFileName().toString());
    table.row("cpu variants", variants(ggml.candidates()));
    table.row("native kernels", kernels(parts));
    table.row("sgemm", parts.sgemmIsa() + ", for training");
    for (Devices.Device device : parts.devices()) {
      table.row(
          "device",
          "%s: %s, %s, %s free"
              .formatted(
                  device.name(),
                  device.description(),
                  Units.bytes(device.totalBytes()),
                  Units.bytes(device.freeBytes())));
    }
  }

  /** A line for each GPU, or one with the reason why there is none. */
  static List<String> cuda(SystemReport.Cuda cuda) {
    return cuda.unavailable() != null
        ? List.of("none: " + cuda.unavailable())
        : cuda.devices().stream().map(InfoCommand::gpu).toList();
  }

  private static String gpu(CudaDevices.Device device) {
    return "%s: %s, compute capability %s%s, %s multiprocessors, %s, %s free"
        .formatted(
            device.index(),
            device.name(),
            device.capabilityText(),
            device.isSupported() ? "" : " (not supported: 8.0 or newer is required)",
            device.multiprocessors(),
            Units.bytes(device.totalBytes()),
            Units.bytes(device.freeBytes()));
  }

  /** The variants of ggml's CPU library with their scores, best first; 0 is not supported here. */
  private static String variants(List<GgmlBuild.CpuLibrary> libraries) {
    return libraries.stream()
        .sorted(Comparator.comparingInt(GgmlBuild.CpuLibrary::score).reversed())
        .map(library -> variant(library) + " " + library.score())
        .collect(Collectors.joining(", "));
  }

  /** The variant of a library: {@code haswell} of {@code libggml-cpu-haswell.so}. */
  private static String variant(GgmlBuild.CpuLibrary library) {
    String name = library.file().getFileName().toString();
    String variant = name.replaceFirst("^(lib)?ggml-cpu-", "").replaceFirst("\\.[a-z]+$", "");
    return variant.isEmpty() ? name : variant;
  }

  private static String kernels(NativeInfo parts) {
    Map<String, String> types = new TreeMap<>();
    parts
        .kernels()
        .forEach((type, set) -> types.merge(set, type.ggmlName(), (a, b) -> a + " " + b));
    return types.isEmpty()
        ? "none for this processor, using ggml's"
        : types.entrySet().stream()
            .map(e -> String.format(Locale.ROOT, "%s for %s", e.getKey(), e.getValue()))
            .collect(Collectors.joining("; "));
  }
}
