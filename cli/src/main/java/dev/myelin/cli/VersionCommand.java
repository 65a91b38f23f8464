package dev.myelin.cli;

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
