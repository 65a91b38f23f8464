package dev.myelin.cli;

import dev.myelin.gguf.GgufFile;
import dev.myelin.tokenizer.Tokenizer;
import java.util.Arrays;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Turns standard input into tokens. */
@Command(
    name = "tokenize",
    sortOptions = false,
    description = "Print the tokens of standard input on one line.",
    footer = {
      "",
      "The input is taken as it is, the newline at its end included. Tokens are printed in quotes, with",
      "\\n, \\\" and \\xNN (a byte that is no whole character) as escapes.",
      "",
      "Examples:",
      "  printf 'Hello world' | myelin tokenize -m model.gguf",
      "  printf 'one\\0two' | myelin tokenize -m model.gguf --nul --no-bos"
    })
final class TokenizeCommand implements Runnable {
  private final Console console;
  @Mixin private ModelOptions model;

  @Option(names = "--ids", description = "Print ids instead of texts.")
  private boolean ids;

  @Option(
      names = "--no-bos",
      description = "Do not add the special tokens that the file asks for (BOS, EOS).")
  private boolean noBos;

  @Option(
      names = "--no-parse-special",
      description = "Take special tokens in the text, such as <|im_end|>, for plain text.")
  private boolean noParseSpecial;

  @Option(
      names = "--nul",
      description = "Texts are separated by NUL; print a line of ids for each.")
  private boolean nul;

  @Mixin private HelpOptions help;

  TokenizeCommand(Console console) {
    this.console = console;
  }

  @Override
  public void run() {
    try (GgufFile file = GgufFile.open(model.file(console))) {
      Tokenizer tokenizer = Tokenizer.of(file);
      String input = Input.standardInput(console);
      StringBuilder lines = new StringBuilder();
      for (String text : nul ? input.split("\0", -1) : new String[] {input}) {
        int[] tokens = tokenizer.encode(text, !noBos, !noParseSpecial);
        lines
            .append(
                Arrays.stream(tokens)
                    .mapToObj(
                        id ->
                            ids || nul
                                ? Integer.toString(id)
                                : Quoted.of(tokenizer.piece(id, true)))
                    .collect(Collectors.joining(" ")))
            .append('\n');
      }
      console.print(lines.toString());
    }
  }
}
