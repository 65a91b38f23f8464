package dev.myelin.cli.command;

import java.util.List;
import java.util.stream.Stream;

/** Notes options on the command line that have no effect. */
public final class UnusedOptions {
  private UnusedOptions() {}

  /** Prints one line for those that are given, none if there are none. */
  public static void note(Subcommand command, String why, Subcommand.Value<?>... options) {
    List<String> given =
        Stream.of(options)
            .filter(Subcommand.Value::isGiven)
            .map(Subcommand.Value::typedName)
            .toList();
    if (!given.isEmpty()) {
      String verb = given.size() == 1 ? " has no effect: " : " have no effect: ";
      command.console.note(String.join(", ", given) + verb + why);
    }
  }
}
