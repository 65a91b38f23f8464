package dev.myelin.cli.info;

import dev.myelin.bindings.loader.GgmlBuild;
import dev.myelin.cli.command.Subcommand;
import dev.myelin.cli.command.Version;
import dev.myelin.cli.info.SystemReport.Machine;
import dev.myelin.cli.info.SystemReport.NativeParts;
import dev.myelin.cli.io.Bundled;
import dev.myelin.cli.io.Console;
import dev.myelin.cli.io.Json;
import dev.myelin.cli.io.TextTable;
import dev.myelin.cli.io.Units;
import dev.myelin.cuda.CudaDevices;
import dev.myelin.graph.Devices;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** Shows what Myelin runs on. */
public final class InfoCommand extends Subcommand {
  private final Value<Boolean> json = flag("Print JSON.", "--json");

  public InfoCommand(Console console) {
    super(
        console,
        "info",
        "Show what Myelin runs on: bundled model, JVM, processor, ggml, kernels, devices, CUDA.",
        "",
        "Where the native libraries cannot be loaded the rest is shown, and the exit status is 1.",
        "",
        "Examples:",
        "  myelin info",
        "  myelin info --json | jq .ggml.cpu_library");
  }

  @Override
  public void run() {
    SystemReport report = SystemReport.current();
    Bundled.Summary model = console.bundled().get().map(Bundled.Summary::of).orElse(null);
    console.print(json.get() ? Json.pretty(InfoJson.of(report, model)) : text(report, model));
    if (report.problem() != null) {
      throw report.problem();
    }
  }

  private static String text(SystemReport report, Bundled.Summary model) {
    SystemReport.Java java = report.java();
    Machine machine = report.machine();
    TextTable table = new TextTable("ll");
    table.row("version", Version.text());
    table.row("bundled", model == null ? "no model in this build" : bundled(model));
    table.row("java", java.version() + ", " + java.vendor() + ", " + java.home());
    table.row("system", machine.system() + " " + machine.version() + ", " + machine.architecture());
    table.row(
        "memory",
        "%s, %s free, Java heap at most %s"
            .formatted(
                Units.bytes(machine.memoryBytes()),
                Units.bytes(machine.freeBytes()),
                Units.bytes(java.heapBytes())));
    if (report.nativeParts() != null) {
      nativeParts(table, report.nativeParts(), machine);
    }
    cuda(report.cuda()).forEach(line -> table.row("cuda", line));
    return table.toString();
  }

  private static String bundled(Bundled.Summary model) {
    return "%s, %s parameters, %s, %s, licence %s; see %s"
        .formatted(
            model.name(),
            Units.rounded(model.parameters()),
            model.type(),
            Units.bytes(model.bytes()),
            model.license().isEmpty() ? "not stated" : model.license(),
            Bundled.CARD);
  }

  private static void nativeParts(TextTable table, NativeParts parts, Machine machine) {
    SystemReport.Cpu cpu = parts.cpu();
    table.row(
        "processor",
        "%s, %s physical cores, %s logical"
            .formatted(
                cpu.name().isEmpty() ? "without a name" : cpu.name(),
                cpu.physicalCores(),
                machine.logicalCores()));
    table.row("features", String.join(" ", cpu.features()));
    GgmlBuild ggml = parts.ggml();
    table.row(
        "ggml",
        "%s, commit %s, %s, %s"
            .formatted(ggml.version(), ggml.commit(), ggml.origin(), ggml.directory()));
    table.row("cpu library", ggml.cpuLibrary().getFileName().toString());
    table.row("scores", scores(ggml.candidates()));
    table.row("own kernels", kernels(parts));
    table.row("training", parts.products() + " for products of f32");
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

  /** A line for each GPU, or one that says why there is none. */
  static List<String> cuda(SystemReport.Cuda cuda) {
    return cuda.absence() != null
        ? List.of("none: " + cuda.absence())
        : cuda.devices().stream().map(InfoCommand::gpu).toList();
  }

  private static String gpu(CudaDevices.Device device) {
    return "%s: %s, compute capability %s%s, %s multiprocessors, %s, %s free"
        .formatted(
            device.index(),
            device.name(),
            device.capabilityText(),
            device.isSupported() ? "" : " (too old: 8.0 or newer is needed)",
            device.processors(),
            Units.bytes(device.totalBytes()),
            Units.bytes(device.freeBytes()));
  }

  /** The CPU libraries, the best first; those with 0 do not run here. */
  private static String scores(List<GgmlBuild.CpuLibrary> libraries) {
    return libraries.stream()
        .sorted(Comparator.comparingInt(GgmlBuild.CpuLibrary::score).reversed())
        .map(library -> variant(library) + " " + library.score())
        .collect(Collectors.joining(", "));
  }

  /** What tells a library from the others: {@code haswell} of {@code libggml-cpu-haswell.so}. */
  private static String variant(GgmlBuild.CpuLibrary library) {
    String name = library.file().getFileName().toString();
    String variant = name.replaceFirst("^(lib)?ggml-cpu-", "").replaceFirst("\\.[a-z]+$", "");
    return variant.isEmpty() ? name : variant;
  }

  private static String kernels(NativeParts parts) {
    Map<String, String> types = new TreeMap<>();
    parts
        .kernels()
        .forEach((type, set) -> types.merge(set, type.ggmlName(), (a, b) -> a + " " + b));
    return types.isEmpty()
        ? "none for this processor: ggml's are used"
        : types.entrySet().stream()
            .map(e -> String.format(Locale.ROOT, "%s for %s", e.getKey(), e.getValue()))
            .collect(Collectors.joining("; "));
  }
}
