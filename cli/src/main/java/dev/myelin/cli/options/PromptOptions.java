package dev.myelin.cli.options;

import dev.myelin.cli.command.Subcommand;
import dev.myelin.cli.command.Usage;
import dev.myelin.cli.io.Console;
import dev.myelin.cli.io.Input;
import java.nio.file.Path;

/** The text to go on from. */
public final class PromptOptions {
  private final Subcommand command;
  private final Subcommand.Value<String> text;
  private final Subcommand.Value<Path> file;
  private final Subcommand.Value<Boolean> escape;

  public PromptOptions(Subcommand command) {
    this.command = command;
    text =
        command.option(
            String.class, null, "TEXT", "The text to go on from, as it is.", "-p", "--prompt");
    file =
        command.option(
            Path.class,
            null,
            "FILE",
            "A file with that text, without the last line's end; - is standard input.",
            "-f",
            "--file");
    escape =
        command.flag(
            "In the text of -p, \\n, \\t, \\r, \\\", \\', \\\\ and \\xHH are escapes.",
            "-e",
            "--escape");
  }

  /**
   * The prompt; call it before anything takes time.
   *
   * @param otherwise the prompt where none is given; null if one must be
   */
  public String text(String otherwise) {
    if (text.isSet() && file.isSet()) {
      throw Usage.wrong(command.spec, "two prompts: give either --prompt or --file");
    }
    if (escape.get() && !text.isSet()) {
      throw Usage.wrong(command.spec, escape.typed() + ": expected with -p TEXT");
    }
    if (text.isSet()) {
      return escape.get() ? Usage.check(command.spec, () -> Escapes.of(text.get())) : text.get();
    }
    if (file.isSet()) {
      return read(command.console, file.get());
    }
    if (otherwise == null) {
      throw Usage.wrong(command.spec, "no prompt: give -p TEXT, or -f FILE (- is standard input)");
    }
    return otherwise;
  }

  /** The text of a file, {@code -} is standard input. */
  public static String read(Console console, Path file) {
    String read = file.toString().equals("-") ? Input.standardInput(console) : Input.file(file);
    // editors and echo end a text with a line's end that is no part of it
    int end = read.endsWith("\r\n") ? 2 : read.endsWith("\n") ? 1 : 0;
    return read.substring(0, read.length() - end);
  }
}
