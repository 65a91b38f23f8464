package dev.myelin.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** Prints the version. */
@Command(name = "version", description = "Print the version.")
final class VersionCommand implements Runnable {
  private final Console console;
  @Mixin private HelpOptions help;

  VersionCommand(Console console) {
    this.console = console;
  }

  @Override
  public void run() {
    console.println(Version.text());
  }
}
