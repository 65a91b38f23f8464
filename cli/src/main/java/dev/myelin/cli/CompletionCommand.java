package dev.myelin.cli;

import dev.myelin.cli.command.Subcommand;
import dev.myelin.cli.io.Console;
import picocli.AutoComplete;

/** Prints a completion script for bash and zsh. */
final class CompletionCommand extends Subcommand {

  CompletionCommand(Console console) {
    super(
        console,
        "completion",
        "Print a completion script for bash and zsh.",
        "",
        "Example:",
        "  source <(myelin completion)");
  }

  @Override
  public void run() {
    console.print(AutoComplete.bash("myelin", spec.parent().commandLine()));
  }
}
