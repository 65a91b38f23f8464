package dev.myelin.cli.models;

import dev.myelin.cli.command.Subcommand;
import dev.myelin.cli.io.Console;
import dev.myelin.cli.io.Json;
import dev.myelin.cli.io.TextTable;
import dev.myelin.cli.io.Units;
import dev.myelin.cli.options.NamedModel;
import dev.myelin.error.Printable;
import dev.myelin.hub.Hub;
import dev.myelin.hub.StoredModel;
import java.util.List;

/** Shows where a downloaded model came from and where it is. */
public final class ShowCommand extends Subcommand {
  private final Value<String> name =
      parameter(String.class, true, "NAME", "The name or an alias of a downloaded model.");
  private final Value<Boolean> json = flag("Print JSON.", "--json");

  public ShowCommand(Console console) {
    super(
        console,
        "show",
        "Show the source, the sums and the files of a downloaded model.",
        "",
        "`myelin inspect NAME` shows its parameters and its metadata.",
        "",
        "Examples:",
        "  myelin show bartowski/Llama-3.2-1B-Instruct-GGUF",
        "  myelin show small --json");
  }

  @Override
  public void run() {
    Hub hub = NamedModel.hub(this, true);
    StoredModel model =
        hub.stored(name.get())
            .orElseThrow(() -> NamedModel.unknown(hub, name.get(), "not downloaded"));
    Aliases aliases = Aliases.of(hub);
    console.print(
        json.get() ? Json.pretty(ModelJson.of(model, aliases)) : text(model, aliases.of(model)));
  }

  private static String text(StoredModel model, List<String> aliases) {
    TextTable table = new TextTable("ll");
    table.row("name", Printable.of(String.join(", ", model.names())));
    if (!aliases.isEmpty()) {
      table.row("alias", String.join(", ", aliases));
    }
    table.row("origin", Printable.of(model.origin()));
    if (!model.revision().isEmpty()) {
      table.row("revision", Printable.of(model.revision()));
    }
    table.row("pulled", model.pulled().toString());
    table.row("size", Units.bytes(model.bytes()));
    for (StoredModel.StoredFile file : model.files()) {
      table.row("file", file.path().toString());
      table.row("sha256", Printable.of(file.sha256()));
    }
    return table.toString();
  }
}
