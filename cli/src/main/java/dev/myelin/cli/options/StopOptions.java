package dev.myelin.cli.options;

import dev.myelin.cli.command.Subcommand;
import dev.myelin.cli.command.Usage;
import dev.myelin.generate.GenerateOptions;
import java.util.List;

/** When generation stops. */
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
            "Maximum number of tokens to generate; -1 is no limit but the context.",
            "-n",
            "--predict");
    stop =
        command.list(
            String.class,
            List.of(),
            null,
            "TEXT",
            "Stop at this text, which is not printed; \\n"
                + ", \\t, \\r"
                + " and \\\\ are escapes. Repeatable.",
            "--stop");
    ignoreEos = command.flag("Continue after an end-of-generation token.", "--ignore-eos");
  }

  public GenerateOptions options() {
    return Usage.check(
        command.spec,
        () ->
            new GenerateOptions(
                tokens.get(), stop.get().stream().map(this::unescaped).toList(), ignoreEos.get()));
  }

  private String unescaped(String text) {
    StringBuilder unescaped = new StringBuilder();
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '\\') {
        i++;
        unescaped.append(
            switch (i < text.length() ? text.charAt(i) : ' ') {
              case 'n' -> '\n';
              case 't' -> '\t';
              case 'r' -> '\r';
              case '\\' -> '\\';
              default ->
                  throw Usage.error(
                      command.spec,
                      "--stop '" + text + "': expected \\n, \\t, \\r or \\\\ after a backslash");
            });
      } else {
        unescaped.append(c);
      }
    }
    return unescaped.toString();
  }
}
