package dev.myelin.cli.run;

import dev.myelin.cli.command.Subcommand;
import dev.myelin.cli.io.Console;
import dev.myelin.cli.io.Statistics;
import dev.myelin.cli.io.TextInput;
import dev.myelin.cli.options.ModelOptions;
import dev.myelin.gguf.GgufFile;
import dev.myelin.tokenizer.Tokenizer;
import java.util.Arrays;
import java.util.stream.Collectors;

/** Tokenizes standard input. */
public final class TokenizeCommand extends Subcommand {
  private final ModelOptions model = new ModelOptions(this);
  private final Value<Boolean> ids = flag("Print token ids instead of text.", "--ids");
  private final Value<Boolean> noBos = flag("Do not add special tokens (BOS, EOS).", "--no-bos");
  private final Value<Boolean> noParseSpecial =
      flag(
          "Treat special tokens in the text, such as <|im_end|>, as plain text.",
          "--no-parse-special");
  private final Value<Boolean> nul =
      flag("Split the input at NUL bytes and print a line of ids for each part.", "--nul");

  public TokenizeCommand(Console console) {
    super(
        console,
        "tokenize",
        "Print the tokens of standard input on one line.",
        "",
        "All of the input counts, including a final newline. Tokens are printed in quotes, with",
        "\\n, \\\" and \\xNN (a byte of an incomplete character) as escapes.",
        "",
        "Examples:",
        "  printf 'Hello world' | myelin tokenize -m model.gguf",
        "  printf 'one\\0two' | myelin tokenize -m model.gguf --nul --no-bos");
  }

  @Override
  public void run() {
    try (GgufFile file = model.checkpoint().open()) {
      Tokenizer tokenizer = Tokenizer.of(file);
      Statistics.printModelNotes(console, file.path(), tokenizer.vocabulary().notes());
      String input = TextInput.readExactStandardInput(console);
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
                                : QuotedToken.of(tokenizer.piece(id, true)))
                    .collect(Collectors.joining(" ")))
            .append('\n');
      }
      console.print(lines.toString());
    }
  }
}
