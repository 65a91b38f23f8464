package dev.myelin.cli;

import dev.myelin.cli.command.Subcommand;
import dev.myelin.cli.command.Version;
import dev.myelin.cli.io.Console;

/** Prints the version. */
final class VersionCommand extends Subcommand {

  VersionCommand(Console console) {
    super(console, "version", "Print the version.");
  }

  @Override
  public void run() {
    console.println(Version.text());
  }
}
