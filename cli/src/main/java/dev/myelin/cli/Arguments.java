package dev.myelin.cli;

import dev.myelin.cli.io.TextInput;
import dev.myelin.error.InvalidRequestException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Checks that the process's arguments are UTF-8. */
final class Arguments {
  private static final Path COMMAND_LINE = Path.of("/proc/self/cmdline");
  private static final char REPLACEMENT = '\ufffd';

  private Arguments() {}

  /**
   * The first argument that is not UTF-8, such as a prompt from a terminal that writes ISO 8859-1;
   * null if there is none, or on systems without /proc. The JVM decodes other bytes as U+FFFD,
   * which is also a character that a user can type.
   */
  static String firstMalformed(String... arguments) {
    String malformed = null;
    for (String argument : arguments) {
      if (argument.indexOf(REPLACEMENT) >= 0) {
        malformed = argument;
        break;
      }
    }
    if (malformed == null) {
      return null; // the usual case: the file is not read
    }
    try {
      TextInput.decode(Files.readAllBytes(COMMAND_LINE), 0, "arguments");
      return null; // U+FFFD was typed
    } catch (InvalidRequestException e) {
      return malformed;
    } catch (IOException e) {
      return null; // not Linux
    }
  }
}
