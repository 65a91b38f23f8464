package dev.myelin.cli.command;

import java.util.List;
import java.util.stream.Stream;

/** Notes which of the options given change nothing. */
public final class Unused {
  private Unused() {}

  /** One line for those that are on the command line, none if there are none. */
  public static void note(Subcommand command, String why, Subcommand.Value<?>... options) {
    List<String> given =
        Stream.of(options).filter(Subcommand.Value::isGiven).map(Subcommand.Value::typed).toList();
    if (!given.isEmpty()) {
      String verb = given.size() == 1 ? ": changes nothing, " : ": change nothing, ";
      command.console.note(String.join(", ", given) + verb + why);
    }
  }
}
