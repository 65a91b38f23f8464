package dev.myelin.cli;

import picocli.CommandLine.Option;

/** What every command has. */
final class HelpOptions {
  /** Found in the arguments even where they do not parse. */
  static final String VERBOSE = "--verbose";

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Print this help.")
  private boolean help;

  @Option(names = VERBOSE, description = "Say more; with an error, where it happened.")
  private boolean verbose;

  boolean verbose() {
    return verbose;
  }
}
