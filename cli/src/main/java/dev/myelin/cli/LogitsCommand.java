package dev.myelin.cli;

import dev.myelin.generate.LogitsSink;
import dev.myelin.generate.Session;
import dev.myelin.generate.SessionOptions;
import dev.myelin.model.Model;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Writes the logits of every position. */
@Command(
    name = "logits",
    sortOptions = false,
    description =
        "Write the logits of every position as little-endian float32 [tokens, vocabulary].",
    footer = {
      "",
      "Example:",
      "  myelin logits -m model.gguf --tokens 1,403,407 --cache-type f32 -o logits.f32"
    })
final class LogitsCommand implements Runnable {
  private final Console console;
  @Spec private CommandSpec spec;
  @Mixin private ModelOptions model;

  @ArgGroup private Source source;

  /** What is fed. */
  static final class Source {
    @Option(
        names = "--tokens",
        paramLabel = "ID",
        split = ",",
        description = "Token ids, separated by commas.")
    private int[] tokens;

    @Option(
        names = {"-p", "--prompt"},
        paramLabel = "TEXT",
        description = "A text instead; special tokens are added and recognised as in `run`.")
    private String prompt;
  }

  @Option(
      names = {"-o", "--output"},
      paramLabel = "FILE",
      description = "Where to write them instead of standard output.")
  private Path output;

  @Mixin private SessionFlags session;
  @Mixin private HelpOptions help;

  LogitsCommand(Console console) {
    this.console = console;
  }

  @Override
  public void run() {
    Path file = model.file(console);
    SessionOptions options = session.options();
    if (source == null) {
      throw Usage.wrong(spec, "no tokens: give --tokens 1,2,3 or --prompt TEXT");
    }
    if (output == null && Terminals.isTerminal(Terminals.OUT)) {
      throw Usage.wrong(spec, "logits are binary: name a file with -o, or redirect the output");
    }
    try (Model loaded = Model.load(file)) {
      int[] tokens =
          source.tokens == null
              ? loaded.tokenizer().encode(source.prompt, true, true)
              : source.tokens;
      if (options.contextLength() == 0) {
        options = options.withContextLength(Math.max(1, tokens.length));
      }
      try (Session open = Session.open(loaded, options)) {
        write(open, tokens);
      }
      console.note(
          "%d positions of %d logits, float32"
              .formatted(tokens.length, loaded.hyperparameters().vocabulary()));
    }
  }

  private void write(Session open, int[] tokens) {
    if (output == null) {
      open.feedAll(tokens, new Rows(console::write));
      return;
    }
    try (OutputStream out = Files.newOutputStream(output)) {
      open.feedAll(tokens, new Rows(out::write));
    } catch (UncheckedIOException e) {
      throw Input.failure(output.toString(), e.getCause());
    } catch (IOException e) {
      throw Input.failure(output.toString(), e);
    }
  }

  /** Takes bytes. */
  private interface Destination {
    void write(byte[] bytes) throws IOException;
  }

  /** Writes a row of logits after the other. */
  private static final class Rows implements LogitsSink {
    private static final ValueLayout.OfFloat FLOAT =
        ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private final Destination destination;
    private byte[] row = new byte[0];

    Rows(Destination destination) {
      this.destination = destination;
    }

    @Override
    public void accept(int position, MemorySegment logits) {
      if (row.length != logits.byteSize()) {
        row = new byte[Math.toIntExact(logits.byteSize())];
      }
      long count = logits.byteSize() / Float.BYTES;
      MemorySegment.copy(
          logits, ValueLayout.JAVA_FLOAT, 0, MemorySegment.ofArray(row), FLOAT, 0, count);
      try {
        destination.write(row);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
