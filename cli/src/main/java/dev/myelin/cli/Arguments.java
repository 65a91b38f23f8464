package dev.myelin.cli;

import dev.myelin.cli.io.Input;
import dev.myelin.error.InvalidRequestException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The process's arguments as bytes, which the JVM hands out as text. */
final class Arguments {
  private static final Path BYTES = Path.of("/proc/self/cmdline");
  private static final char REPLACEMENT = '\ufffd';

  private Arguments() {}

  /**
   * The first argument that is no UTF-8, such as a prompt from a terminal that writes ISO 8859-1;
   * null if there is none, or the system does not tell. The JVM decodes what is not UTF-8 as
   * U+FFFD, which would be computed with as if it had been typed.
   */
  static String malformed(String... arguments) {
    String malformed = null;
    for (String argument : arguments) {
      if (argument.indexOf(REPLACEMENT) >= 0) {
        malformed = argument;
        break;
      }
    }
    if (malformed == null) {
      return null; // nearly always: the file is not read
    }
    try {
      Input.decoded(Files.readAllBytes(BYTES), 0, "arguments");
      return null; // U+FFFD was typed
    } catch (InvalidRequestException e) {
      return malformed;
    } catch (IOException e) {
      return null; // not Linux
    }
  }
}
