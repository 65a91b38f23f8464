package dev.myelin.cli;

import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Explains a command, or lists all. */
@Command(name = "help", description = "Explain a command.")
final class HelpCommand implements Runnable {
  private final Console console;
  @Spec private CommandSpec spec;
  @Mixin private HelpOptions help;

  @Parameters(arity = "0..1", paramLabel = "COMMAND", description = "Which one; none lists all.")
  private String command;

  HelpCommand(Console console) {
    this.console = console;
  }

  @Override
  public void run() {
    CommandLine line = spec.parent().commandLine();
    if (command != null) {
      line = line.getSubcommands().get(command);
      if (line == null) {
        throw new ParameterException(spec.commandLine(), "unknown command '" + command + "'");
      }
    }
    console.print(line.getUsageMessage());
  }
}
