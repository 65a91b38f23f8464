package dev.myelin.cli;

import dev.myelin.generate.GenerateOptions;
import java.util.List;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** When a generation ends. */
final class StopFlags {
  @Spec(Spec.Target.MIXEE)
  private CommandSpec command;

  @Option(
      names = {"-n", "--predict"},
      paramLabel = "N",
      description = "Most tokens to write; -1 means until the text ends or the context is full.")
  private int tokens = -1;

  @Option(
      names = "--stop",
      paramLabel = "TEXT",
      description =
          "End at this text, which is left out; \\n, \\t, \\\\ are understood. Repeatable.")
  private List<String> stop = List.of();

  @Option(names = "--ignore-eos", description = "Write on past the model's end token.")
  private boolean ignoreEos;

  GenerateOptions options() {
    return Usage.check(
        command,
        () -> new GenerateOptions(tokens, stop.stream().map(this::unescaped).toList(), ignoreEos));
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
                      command,
                      "--stop '" + text + "': expected \\n, \\t, \\r or \\\\ after a backslash");
            });
      } else {
        plain.append(c);
      }
    }
    return plain.toString();
  }
}
