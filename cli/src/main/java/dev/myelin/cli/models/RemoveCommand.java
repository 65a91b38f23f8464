package dev.myelin.cli.models;

import dev.myelin.cli.command.Subcommand;
import dev.myelin.cli.command.Usage;
import dev.myelin.cli.io.Console;
import dev.myelin.cli.options.NamedModel;
import dev.myelin.hub.Hub;
import java.util.List;

/** Removes downloaded models. */
public final class RemoveCommand extends Subcommand {
  private final Value<List<String>> names =
      parameters("NAME...", "Names of models or of unfinished downloads, or aliases.");

  public RemoveCommand(Console console) {
    super(
        console,
        "rm",
        "Remove downloaded models, unfinished downloads or aliases.",
        "",
        "An alias is removed without its model. A process that has the model open keeps it.",
        "",
        "Examples:",
        "  myelin rm bartowski/Llama-3.2-1B-Instruct-GGUF:Q4_K_M");
  }

  @Override
  public void run() {
    if (names.get().isEmpty()) {
      throw Usage.error(spec, "missing required parameter: 'NAME'");
    }
    Hub hub = NamedModel.hub(this, true);
    for (String name : names.get()) {
      if (!hub.remove(name)) {
        throw NamedModel.unknown(hub, name, "not downloaded");
      }
      console.note("removed " + name);
    }
  }
}
