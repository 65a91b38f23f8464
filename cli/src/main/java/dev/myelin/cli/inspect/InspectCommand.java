package dev.myelin.cli.inspect;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.myelin.cli.command.ClosestMatch;
import dev.myelin.cli.command.CommandFiles;
import dev.myelin.cli.command.Subcommand;
import dev.myelin.cli.command.UnusedOptions;
import dev.myelin.cli.command.Usage;
import dev.myelin.cli.io.Console;
import dev.myelin.cli.io.Json;
import dev.myelin.cli.io.Progress;
import dev.myelin.cli.io.Units;
import dev.myelin.cli.options.ModelOptions;
import dev.myelin.error.InvalidRequestException;
import dev.myelin.file.OutputFile;
import dev.myelin.gguf.Checkpoint;
import dev.myelin.gguf.GgufFile;
import dev.myelin.gguf.NamePattern;
import dev.myelin.gguf.TensorInfo;
import dev.myelin.inspect.Histogram;
import dev.myelin.inspect.Histograms;
import dev.myelin.inspect.Inspection;
import dev.myelin.natives.CpuInfo;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Shows the parameters of a model file. */
public final class InspectCommand extends Subcommand {
  private final ModelOptions model =
      new ModelOptions(
          this,
          "A GGUF file; any part of a split model. Default: $"
              + ModelOptions.VARIABLE
              + ", else the bundled model.");
  private final Value<Boolean> json = flag("Print JSON.", "--json");
  private final Value<Boolean> tensors = flag("Also list all tensors.", "--tensors");
  private final Value<Boolean> metadata =
      flag("Also list all metadata keys (--json always does).", "--metadata");
  private final Value<String> histogram =
      option(
          String.class,
          null,
          "TENSOR",
          "Print histograms of the values of a tensor, given by name, or of all whose names match"
              + " a regular expression.",
          "--histogram");
  private final Value<Path> html =
      option(
          Path.class,
          null,
          "OUT",
          "Write an HTML page with a map of the parameters and the histograms of all tensors.",
          "--html");
  private final Value<Boolean> noHistograms =
      flag("Omit the histograms from the page; no values are read.", "--no-histograms");

  public InspectCommand(Console console) {
    super(
        console,
        "inspect",
        "Show a model's parameters: number, components, types and cost per token.",
        "",
        "Only the header is read, so files of any size are fast. Any architecture is supported.",
        "Histograms read the values, of larger tensors a sample of 16 million.",
        "",
        "Examples:",
        "  myelin inspect model.gguf",
        "  myelin inspect model.gguf --tensors",
        "  myelin inspect model.gguf --histogram 'blk.0.attn_[qkv].weight'",
        "  myelin inspect model.gguf --html model.html",
        "  myelin inspect model.gguf --json | jq .parameters.active");
  }

  @Override
  public void run() {
    if (noHistograms.get() && !html.isSet()) {
      throw Usage.error(spec, "--no-histograms: expected with --html OUT");
    }
    if (!json.get() && (histogram.isSet() || html.isSet())) {
      String reason = histogram.isSet() ? "--histogram prints histograms" : "--html prints nothing";
      UnusedOptions.note(this, reason + " unless --json is given", tensors, metadata);
    }
    Optional<NamePattern> names = Optional.ofNullable(histogram.get()).map(this::pattern);
    Checkpoint checkpoint = model.checkpoint();
    if (html.isSet()) {
      new CommandFiles(this).reads(checkpoint).writesNonModel("--html", html.get()).check();
    }
    try (GgufFile opened = checkpoint.open()) {
      Inspection inspection = Inspection.of(opened);
      if (html.isSet()) {
        writePage(opened, inspection);
      }
      if (names.isPresent()) {
        print(inspection, histograms(opened, matching(opened, names.get())));
      } else if (json.get()) {
        console.print(Json.pretty(InspectJson.of(inspection, tensors.get())));
      } else if (!html.isSet()) {
        console.print(text(inspection));
      }
    }
  }

  private NamePattern pattern(String text) {
    try {
      return NamePattern.of(text);
    } catch (InvalidRequestException e) {
      throw Usage.error(
          spec, "--histogram " + text + ": not a regular expression: " + e.getMessage());
    }
  }

  private String text(Inspection inspection) {
    StringBuilder text = new StringBuilder(InspectText.summary(inspection));
    if (tensors.get()) {
      text.append('\n').append(InspectText.tensors(inspection));
    }
    if (metadata.get()) {
      text.append('\n').append(InspectText.metadata(inspection));
    }
    return text.toString();
  }

  /** The tensor of that name, else those whose names match the expression. */
  private static List<TensorInfo> matching(GgufFile opened, NamePattern names) {
    Optional<TensorInfo> exact = opened.tensor(names.text());
    if (exact.isPresent()) {
      return List.of(exact.get());
    }
    List<TensorInfo> found =
        opened.tensors().stream().filter(t -> matches(names, t.name())).toList();
    if (found.isEmpty()) {
      List<String> all = opened.tensors().stream().map(TensorInfo::name).toList();
      String near =
          ClosestMatch.find(names.text(), all).map(n -> ": did you mean " + n + "?").orElse("");
      throw new InvalidRequestException(opened.path() + ": no tensor named " + names.text() + near);
    }
    return found;
  }

  private static boolean matches(NamePattern names, String tensor) {
    try {
      return names.isFoundIn(tensor);
    } catch (InvalidRequestException e) {
      throw new InvalidRequestException("--histogram " + names.text() + ": " + e.getMessage());
    }
  }

  private Map<TensorInfo, Optional<Histogram>> histograms(
      GgufFile opened, List<TensorInfo> tensors) {
    int threads = CpuInfo.physicalCores();
    try (Progress progress = Progress.of(console, "histograms", tensors.size(), " tensors")) {
      return Histograms.of(opened, tensors, threads, progress::stepTo);
    }
  }

  private void print(Inspection inspection, Map<TensorInfo, Optional<Histogram>> histograms) {
    if (json.get()) {
      ObjectNode root = InspectJson.of(inspection, tensors.get());
      root.set("histograms", InspectJson.histograms(histograms));
      console.print(Json.pretty(root));
      return;
    }
    StringBuilder text = new StringBuilder();
    histograms.forEach(
        (tensor, histogram) ->
            text.append(text.isEmpty() ? "" : "\n").append(HistogramText.of(tensor, histogram)));
    console.print(text.toString());
  }

  private void writePage(GgufFile opened, Inspection inspection) {
    List<TensorInfo> shown = noHistograms.get() ? List.of() : opened.tensors();
    String page =
        InspectPage.of(inspection, shown.isEmpty() ? Map.of() : histograms(opened, shown));
    byte[] bytes = page.getBytes(StandardCharsets.UTF_8);
    OutputFile.write(html.get(), bytes);
    console.note(html.get() + ": page of " + Units.bytes(bytes.length));
  }
}
