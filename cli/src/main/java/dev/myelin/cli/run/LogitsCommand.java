package dev.myelin.cli.run;

import dev.myelin.adapter.Adapter;
import dev.myelin.cli.command.CommandFiles;
import dev.myelin.cli.command.Subcommand;
import dev.myelin.cli.command.Usage;
import dev.myelin.cli.io.Console;
import dev.myelin.cli.io.Statistics;
import dev.myelin.cli.io.Terminals;
import dev.myelin.cli.options.AdapterOptions;
import dev.myelin.cli.options.ContextOptions;
import dev.myelin.cli.options.ModelOptions;
import dev.myelin.error.InvalidRequestException;
import dev.myelin.file.OutputFile;
import dev.myelin.generate.LogitsSink;
import dev.myelin.generate.Session;
import dev.myelin.generate.SessionOptions;
import dev.myelin.gguf.Checkpoint;
import dev.myelin.model.Model;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.List;

/** Writes the logits of every position. */
public final class LogitsCommand extends Subcommand {
  private final ModelOptions model = ModelOptions.withNoMmap(this);
  private final AdapterOptions lora = new AdapterOptions(this);
  private final Value<List<Integer>> ids =
      list(Integer.class, null, ",", "ID", "Token ids, separated by commas.", "--tokens");
  private final Value<List<Integer>> encoderIds =
      list(
          Integer.class,
          null,
          ",",
          "ID",
          "Token ids of the encoder, for models with an encoder and a decoder.",
          "--encoder-tokens");
  private final Value<String> prompt =
      option(
          String.class,
          null,
          "TEXT",
          "Text instead of ids; special tokens are added and parsed as in `run`.",
          "-p",
          "--prompt");
  private final Value<Path> output =
      option(Path.class, null, "FILE", "Output file (default: standard output).", "-o", "--output");
  private final ContextOptions context = new ContextOptions(this);

  public LogitsCommand(Console console) {
    super(
        console,
        "logits",
        "Write the logits of every position as little-endian float32 [tokens, vocabulary].",
        "",
        "Example:",
        "  myelin logits -m model.gguf --tokens 1,403,407 --cache-type f32 -o logits.f32");
  }

  @Override
  public void run() {
    Checkpoint checkpoint = model.checkpoint();
    SessionOptions options = context.options();
    List<Adapter> adapters = lora.adapters();
    if (ids.isSet() == prompt.isSet()) {
      throw Usage.error(spec, "expected either --tokens 1,2,3 or --prompt TEXT");
    }
    boolean toFile = output.isSet() && !output.get().toString().equals("-");
    if (!toFile && Terminals.isTerminal(Terminals.OUT)) {
      throw Usage.error(spec, "logits are binary: give a file with -o, or redirect the output");
    }
    if (toFile) {
      new CommandFiles(this)
          .reads(checkpoint)
          .reads("--lora", lora.files())
          .writesNonModel("-o", output.get())
          .check();
    }
    try (Model loaded = Model.load(checkpoint, adapters)) {
      Statistics.printModelNotes(console, loaded);
      loaded.info().requireLogits();
      if (loaded.info().hasEncoder() && !encoderIds.isSet()) {
        throw new InvalidRequestException(
            loaded.info().architecture() + " models have an encoder: give --encoder-tokens 1,2,3");
      }
      int[] tokens = ids.isSet() ? ints(ids) : loaded.tokenizer().encode(prompt.get(), true, true);
      int[] encoderTokens = encoderIds.isSet() ? ints(encoderIds) : new int[0];
      if (options.contextLength() == 0) {
        int longest = Math.max(tokens.length, encoderTokens.length);
        options = options.withContextLength(Math.max(1, longest));
      }
      try (Session session = context.noteThreads(Session.open(loaded, options))) {
        if (encoderIds.isSet()) {
          session.encode(encoderTokens);
        }
        write(session, tokens, toFile);
      }
      console.note(
          "%s positions of %s logits, float32"
              .formatted(tokens.length, loaded.info().vocabulary()));
      Statistics.printAdapters(console, loaded);
    }
  }

  private static int[] ints(Value<List<Integer>> list) {
    return list.get().stream().mapToInt(Integer::intValue).toArray();
  }

  private void write(Session session, int[] tokens, boolean toFile) {
    if (!toFile) {
      session.feedAll(tokens, new RowWriter(console::write));
      return;
    }
    long row = (long) session.model().info().vocabulary() * Float.BYTES;
    try (OutputFile file = new OutputFile(output.get(), tokens.length * row)) {
      OutputStream out = file.stream();
      try {
        session.feedAll(tokens, new RowWriter(out::write));
      } catch (UncheckedIOException e) {
        throw file.writeError(e.getCause());
      }
      file.complete();
      file.rename();
    }
  }

  /** Receives bytes. */
  private interface ByteSink {
    void write(byte[] bytes) throws IOException;
  }

  /** Writes each row of logits as bytes. */
  private static final class RowWriter implements LogitsSink {
    private static final ValueLayout.OfFloat FLOAT =
        ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private final ByteSink sink;
    private byte[] row = new byte[0];

    RowWriter(ByteSink sink) {
      this.sink = sink;
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
        sink.write(row);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
