package dev.myelin.cli;

import picocli.AutoComplete;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** Prints a script that teaches bash or zsh the commands and options. */
@Command(
    name = "completion",
    description = "Print a completion script for bash and zsh.",
    footer = {"", "Example:", "  source <(myelin completion)"})
final class CompletionCommand implements Runnable {
  private final Console console;
  @Spec private CommandSpec spec;
  @Mixin private HelpOptions help;

  CompletionCommand(Console console) {
    this.console = console;
  }

  @Override
  public void run() {
    console.print(AutoComplete.bash("myelin", spec.parent().commandLine()));
  }
}
