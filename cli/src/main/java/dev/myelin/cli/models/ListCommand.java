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

/** Lists the downloaded models. */
public final class ListCommand extends Subcommand {
  private static final int DATE_CHARS = 10;

  private final Value<Boolean> json = flag("Print JSON.", "--json");

  public ListCommand(Console console) {
    super(
        console,
        "list",
        "List the downloaded models.",
        "",
        "Examples:",
        "  myelin list",
        "  myelin list --json | jq -r '.[].path'");
  }

  @Override
  public void run() {
    Hub hub = NamedModel.hub(this, true);
    console.print(json.get() ? Json.pretty(ModelJson.list(hub)) : text(hub));
  }

  private static String text(Hub hub) {
    Aliases aliases = Aliases.of(hub);
    TextTable table = new TextTable("lrll");
    table.row("name", "size", "pulled", "alias");
    for (StoredModel model : hub.list()) {
      table.row(
          Printable.of(model.name()),
          Units.bytes(model.bytes()),
          model.pulled().toString().substring(0, DATE_CHARS),
          String.join(", ", aliases.of(model)));
    }
    aliases.others().forEach((alias, target) -> table.row(Printable.of(target), "", "", alias));
    for (String name : hub.unfinished()) {
      table.row(Printable.of(name), "", "unfinished", "");
    }
    return table.toString();
  }
}
