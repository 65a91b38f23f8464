package dev.myelin.cli.run;

import dev.myelin.cli.command.Subcommand;
import dev.myelin.cli.io.Console;
import dev.myelin.cli.io.Input;
import dev.myelin.cli.io.Quoted;
import dev.myelin.cli.io.Statistics;
import dev.myelin.cli.options.ModelOptions;
import dev.myelin.gguf.GgufFile;
import dev.myelin.tokenizer.Tokenizer;
import java.util.Arrays;
import java.util.stream.Collectors;

/** Turns standard input into tokens. */
public final class TokenizeCommand extends Subcommand {
  private final ModelOptions model = new ModelOptions(this);
  private final Value<Boolean> ids = flag("Print ids instead of texts.", "--ids");
  private final Value<Boolean> noBos =
      flag("Do not add the special tokens that the file asks for (BOS, EOS).", "--no-bos");
  private final Value<Boolean> noParseSpecial =
      flag(
          "Take special tokens in the text, such as <|im_end|>, for plain text.",
          "--no-parse-special");
  private final Value<Boolean> nul =
      flag("Texts are separated by NUL; print a line of ids for each.", "--nul");

  public TokenizeCommand(Console console) {
    super(
        console,
        "tokenize",
        "Print the tokens of standard input on one line.",
        "",
        "The input is taken as it is, the newline at its end included. Tokens are printed in"
            + " quotes, with",
        "\\n, \\\" and \\xNN (a byte that is no whole character) as escapes.",
        "",
        "Examples:",
        "  printf 'Hello world' | myelin tokenize -m model.gguf",
        "  printf 'one\\0two' | myelin tokenize -m model.gguf --nul --no-bos");
  }

  @Override
  public void run() {
    try (GgufFile file = model.checkpoint().open()) {
      Tokenizer tokenizer = Tokenizer.of(file);
      Statistics.notes(console, file.path(), tokenizer.vocabulary().notes());
      String input = Input.exactStandardInput(console);
      StringBuilder lines = new StringBuilder();
      for (String text : nul.get() ? input.split("\0", -1) : new String[] {input}) {
        int[] tokens = tokenizer.encode(text, !noBos.get(), !noParseSpecial.get());
        lines
            .append(
                Arrays.stream(tokens)
                    .mapToObj(
                        id ->
                            ids.get() || nul.get()
                                ? Integer.toString(id)
                                : Quoted.of(tokenizer.piece(id, true)))
                    .collect(Collectors.joining(" ")))
            .append('\n');
      }
      console.print(lines.toString());
    }
  }
}
