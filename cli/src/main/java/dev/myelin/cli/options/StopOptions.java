package dev.myelin.cli.options;

import dev.myelin.cli.command.Subcommand;
import dev.myelin.cli.command.Usage;
import dev.myelin.generate.GenerateOptions;
import java.util.List;

/** When a generation ends. */
public final class StopOptions {
  private final Subcommand command;
  private final Subcommand.Value<Integer> tokens;
  private final Subcommand.Value<List<String>> stop;
  private final Subcommand.Value<Boolean> ignoreEos;

  public StopOptions(Subcommand command) {
    this.command = command;
    tokens =
        command.option(
            int.class,
            -1,
            "N",
            "Most tokens to write; -1 means until the text ends or the context is full.",
            "-n",
            "--predict");
    stop =
        command.list(
            String.class,
            List.of(),
            null,
            "TEXT",
            "End at this text, which is left out; \\n, \\t, \\\\ are understood. Repeatable.",
            "--stop");
    ignoreEos = command.flag("Write on past the model's end token.", "--ignore-eos");
  }

  public GenerateOptions options() {
    return Usage.check(
        command.spec,
        () ->
            new GenerateOptions(
                tokens.get(), stop.get().stream().map(this::unescaped).toList(), ignoreEos.get()));
  }

  private String unescaped(String text) {
    StringBuilder plain = new StringBuilder();
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '\\') {
        i++;
        plain.append(
            switch (i < text.length() ? text.charAt(i) : ' ') {
              case 'n' -> '\n';
              case 't' -> '\t';
              case 'r' -> '\r';
              case '\\' -> '\\';
              default ->
                  throw Usage.wrong(
                      command.spec,
                      "--stop '" + text + "': expected \\n, \\t, \\r or \\\\ after a backslash");
            });
      } else {
        plain.append(c);
      }
    }
    return plain.toString();
  }
}
