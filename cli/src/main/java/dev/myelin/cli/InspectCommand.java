package dev.myelin.cli;

import dev.myelin.inspect.Inspection;
import java.nio.file.Path;

/** Shows where a checkpoint's parameters are. */
final class InspectCommand extends Subcommand {
  private final ModelOptions model =
      new ModelOptions(
          this,
          parameter(
              Path.class,
              false,
              "FILE",
              "A GGUF file; of a split checkpoint, any part. Default: $"
                  + ModelOptions.VARIABLE
                  + ", else the bundled one."));
  private final Value<Boolean> json = flag("Print JSON.", "--json");
  private final Value<Boolean> tensors = flag("List every tensor too.", "--tensors");
  private final Value<Boolean> metadata =
      flag("List every key too (--json always does).", "--metadata");

  InspectCommand(Console console) {
    super(
        console,
        "inspect",
        "Show a checkpoint's parameters: how many, where, in which types, what they cost.",
        "",
        "Only the header is read, so that a file of any size takes a moment; any architecture will do.",
        "",
        "Examples:",
        "  myelin inspect model.gguf",
        "  myelin inspect model.gguf --tensors",
        "  myelin inspect model.gguf --json | jq .parameters.active");
  }

  @Override
  public void run() {
    Inspection inspection = Inspection.of(model.checkpoint());
    if (json.get()) {
      console.print(Json.pretty(InspectJson.of(inspection, tensors.get())));
      return;
    }
    StringBuilder text = new StringBuilder(InspectText.summary(inspection));
    if (tensors.get()) {
      text.append('\n').append(InspectText.tensors(inspection));
    }
    if (metadata.get()) {
      text.append('\n').append(InspectText.metadata(inspection));
    }
    console.print(text.toString());
  }
}
