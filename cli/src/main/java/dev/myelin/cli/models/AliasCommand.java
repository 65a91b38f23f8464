package dev.myelin.cli.models;

import dev.myelin.cli.command.Subcommand;
import dev.myelin.cli.command.Usage;
import dev.myelin.cli.io.Console;
import dev.myelin.cli.io.TextTable;
import dev.myelin.cli.options.NamedModel;
import dev.myelin.error.Printable;
import dev.myelin.hub.Hub;
import java.util.List;

/** Gives models short names. */
public final class AliasCommand extends Subcommand {
  private static final int BOTH = 2;

  private final Value<List<String>> words =
      parameters("[ALIAS MODEL]", "The new name, and the name of a model or a GGUF file.");

  public AliasCommand(Console console) {
    super(
        console,
        "alias",
        "Give a model a short name, or list these names.",
        "",
        "`myelin rm ALIAS` removes one.",
        "",
        "Examples:",
        "  myelin alias small bartowski/Llama-3.2-1B-Instruct-GGUF",
        "  myelin alias mine ./model.gguf",
        "  myelin chat small");
  }

  @Override
  public void run() {
    Hub hub = NamedModel.hub(this, true);
    if (words.get().size() == BOTH) {
      hub.setAlias(words.get().getFirst(), words.get().getLast());
    } else if (words.get().isEmpty()) {
      TextTable table = new TextTable("ll");
      hub.aliases().forEach((alias, target) -> table.row(alias, Printable.of(target)));
      console.print(table.toString());
    } else {
      throw Usage.error(spec, "expected ALIAS MODEL, or nothing to list the aliases");
    }
  }
}
