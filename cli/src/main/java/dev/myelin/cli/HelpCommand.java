package dev.myelin.cli;

import dev.myelin.cli.command.Subcommand;
import dev.myelin.cli.command.Usage;
import dev.myelin.cli.io.Console;
import picocli.CommandLine;

/** Prints the help of a command, or of all. */
final class HelpCommand extends Subcommand {
  private final Value<String> command =
      parameter(String.class, false, "COMMAND", "The command; without it all commands are listed.");

  HelpCommand(Console console) {
    super(console, "help", "Describe a command.");
  }

  @Override
  public void run() {
    CommandLine line = spec.parent().commandLine();
    if (command.isSet()) {
      line = line.getSubcommands().get(command.get());
      if (line == null) {
        throw Usage.error(spec, "unknown command '" + command.get() + "'");
      }
    }
    console.print(line.getUsageMessage());
  }
}
