package dev.myelin.cli;

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
   * null if there is none, or the system does not tell. The JVM puts U+FFFD for what it cannot
   * read, which would be computed with as if somebody had typed it.
   */
  static String spoiled(String... arguments) {
    String spoiled = null;
    for (String argument : arguments) {
      if (argument.indexOf(REPLACEMENT) >= 0) {
        spoiled = argument;
        break;
      }
    }
    if (spoiled == null) {
      return null; // nearly always: the file is not read
    }
    try {
      Input.decoded(Files.readAllBytes(BYTES), 0, "arguments");
      return null; // somebody has typed U+FFFD
    } catch (InvalidRequestException e) {
      return spoiled;
    } catch (IOException e) {
      return null; // not Linux
    }
  }
}
