package dev.myelin.cli;

import java.nio.file.Path;
import picocli.CommandLine.Option;

/** The text to go on from. */
final class PromptFlags {
  @Option(
      names = {"-p", "--prompt"},
      paramLabel = "TEXT",
      description = "The text to go on from, as it is.")
  private String text;

  @Option(
      names = {"-f", "--file"},
      paramLabel = "FILE",
      description = "A file with that text, without the last line's end; - is standard input.")
  private Path file;

  String text(Console console) {
    if (text != null) {
      return text;
    }
    String read =
        file.toString().equals("-")
            ? Input.standardInput(console)
            : Input.file(file);
    // editors and echo end a text with a newline that is no part of it
    return read.endsWith("\n") ? read.substring(0, read.length() - 1) : read;
  }
}
