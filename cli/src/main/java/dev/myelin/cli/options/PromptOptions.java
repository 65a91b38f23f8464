package dev.myelin.cli.options;

import dev.myelin.cli.command.Subcommand;
import dev.myelin.cli.command.Usage;
import dev.myelin.cli.io.Console;
import dev.myelin.cli.io.TextInput;
import java.nio.file.Path;

/** The prompt, from an option or a file. */
public final class PromptOptions {
  private final Subcommand command;
  private final Subcommand.Value<String> text;
  private final Subcommand.Value<Path> file;
  private final Subcommand.Value<Boolean> escape;

  public PromptOptions(Subcommand command) {
    this.command = command;
    text =
        command.option(
            String.class,
            null,
            "TEXT",
            "The prompt, without processing of escapes.",
            "-p",
            "--prompt");
    file =
        command.option(
            Path.class,
            null,
            "FILE",
            "A file with the prompt; its final line end is dropped; - is standard input.",
            "-f",
            "--file");
    escape =
        command.flag(
            "Process escapes in the text of -p: \\n, \\t, \\r, \\\", \\', \\\\ and \\xHH.",
            "-e",
            "--escape");
  }

  /**
   * The prompt. Call it before any slow work.
   *
   * @param defaultPrompt the prompt if none is given; null if one is required
   */
  public String text(String defaultPrompt) {
    if (text.isSet() && file.isSet()) {
      throw Usage.error(command.spec, "two prompts: give --prompt or --file, not both");
    }
    if (escape.get() && !text.isSet()) {
      throw Usage.error(command.spec, escape.typedName() + ": expected with -p TEXT");
    }
    if (text.isSet()) {
      return escape.get()
          ? Usage.check(command.spec, () -> Escapes.decode(text.get()))
          : text.get();
    }
    if (file.isSet()) {
      return readFile(command.console, file.get());
    }
    if (defaultPrompt == null) {
      throw Usage.error(command.spec, "no prompt: give -p TEXT, or -f FILE (- is standard input)");
    }
    return defaultPrompt;
  }

  /**
   * The file, for an option that reads it line by line.
   *
   * @param option for messages
   */
  public Path file(String option) {
    if (!file.isSet() || text.isSet() || escape.get()) {
      throw Usage.error(
          command.spec, option + ": expected -f FILE (- is standard input), without -p and -e");
    }
    return file.get();
  }

  /** Whether the prompt is all of a file whose name ends so. */
  public boolean isFile(String extension) {
    return file.isSet() && file.get().toString().endsWith(extension);
  }

  /** The text of a file without its final line end; {@code -} is standard input. */
  public static String readFile(Console console, Path file) {
    String content =
        file.toString().equals("-")
            ? TextInput.readStandardInput(console)
            : TextInput.readFile(file);
    // editors and echo add a line end that is not part of the text
    int end = content.endsWith("\r\n") ? 2 : content.endsWith("\n") ? 1 : 0;
    return content.substring(0, content.length() - end);
  }
}
