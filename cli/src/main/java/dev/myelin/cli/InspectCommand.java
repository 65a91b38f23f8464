package dev.myelin.cli;

import dev.myelin.inspect.Inspection;
import java.nio.file.Path;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Shows where a checkpoint's parameters are. */
@Command(
    name = "inspect",
    description =
        "Show a checkpoint's parameters: how many, where, in which types, what they cost.",
    footer = {
      "",
      "Only the header is read, so that a file of any size takes a moment; any architecture will do.",
      "",
      "Examples:",
      "  myelin inspect model.gguf",
      "  myelin inspect model.gguf --tensors",
      "  myelin inspect model.gguf --json | jq .parameters.active"
    })
final class InspectCommand implements Runnable {
  private final Console console;

  @Parameters(paramLabel = "FILE", description = "A GGUF file; of a split checkpoint, any part.")
  private Path file;

  @Option(names = "--json", description = "Print JSON.")
  private boolean json;

  @Option(names = "--tensors", description = "List every tensor too.")
  private boolean tensors;

  @Option(names = "--metadata", description = "List every key too (--json always does).")
  private boolean metadata;

  @Mixin private HelpOptions help;

  InspectCommand(Console console) {
    this.console = console;
  }

  @Override
  public void run() {
    Inspection inspection = Inspection.of(file);
    if (json) {
      console.print(Json.pretty(InspectJson.of(inspection, tensors)));
      return;
    }
    StringBuilder text = new StringBuilder(InspectText.summary(inspection));
    if (tensors) {
      text.append('\n').append(InspectText.tensors(inspection));
    }
    if (metadata) {
      text.append('\n').append(InspectText.metadata(inspection));
    }
    console.print(text.toString());
  }
}
