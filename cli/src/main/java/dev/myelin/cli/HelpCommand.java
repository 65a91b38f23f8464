package dev.myelin.cli;

import dev.myelin.cli.command.Subcommand;
import dev.myelin.cli.command.Usage;
import dev.myelin.cli.io.Console;
import picocli.CommandLine;

/** Explains a command, or lists all. */
final class HelpCommand extends Subcommand {
  private final Value<String> command =
      parameter(String.class, false, "COMMAND", "Which one; none lists all.");

  HelpCommand(Console console) {
    super(console, "help", "Explain a command.");
  }

  @Override
  public void run() {
    CommandLine line = spec.parent().commandLine();
    if (command.isSet()) {
      line = line.getSubcommands().get(command.get());
      if (line == null) {
        throw Usage.wrong(spec, "unknown command '" + command.get() + "'");
      }
    }
    console.print(line.getUsageMessage());
  }
}
