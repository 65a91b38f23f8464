package dev.myelin.cli.evaluate;

import dev.myelin.adapter.Adapter;
import dev.myelin.cli.command.Outputs;
import dev.myelin.cli.command.Subcommand;
import dev.myelin.cli.command.Usage;
import dev.myelin.cli.io.Console;
import dev.myelin.cli.io.Input;
import dev.myelin.cli.io.Json;
import dev.myelin.cli.io.Statistics;
import dev.myelin.cli.io.Units;
import dev.myelin.cli.options.AdapterOptions;
import dev.myelin.cli.options.ContextOptions;
import dev.myelin.cli.options.ModelOptions;
import dev.myelin.cli.options.PromptOptions;
import dev.myelin.error.InvalidRequestException;
import dev.myelin.evaluate.ChunkOptions;
import dev.myelin.evaluate.KlDivergence;
import dev.myelin.evaluate.KlResult;
import dev.myelin.evaluate.KlStatistics;
import dev.myelin.evaluate.LogitsFile;
import dev.myelin.evaluate.LogitsFileWriter;
import dev.myelin.evaluate.Perplexity;
import dev.myelin.evaluate.PerplexityResult;
import dev.myelin.evaluate.TextChunks;
import dev.myelin.generate.Session;
import dev.myelin.generate.SessionOptions;
import dev.myelin.gguf.Checkpoint;
import dev.myelin.model.Model;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;

/** Measures how well a model predicts a text, and how far it is from its original. */
public final class PerplexityCommand extends Subcommand {
  private final ModelOptions model = ModelOptions.computing(this);
  private final AdapterOptions lora = new AdapterOptions(this);
  private final Value<Path> text =
      option(Path.class, null, "FILE", "The text, UTF-8; - is standard input.", "-f", "--file");
  private final Value<Integer> chunks =
      option(
          int.class,
          ChunkOptions.ALL,
          "N",
          "Most chunks to compute; -1, the default, means all.",
          "--chunks");
  private final Value<Integer> stride =
      option(
          int.class,
          0,
          "N",
          "Overlapping windows, each N tokens after the last; 0, the default, means chunks.",
          "--stride",
          "--ppl-stride");
  private final Value<Path> original =
      option(
          Path.class,
          null,
          "FILE",
          "Compare with the original: its checkpoint, or logits saved of it.",
          "--kl-base");
  private final Value<Path> save =
      option(
          Path.class,
          null,
          "FILE",
          "Save what is predicted, for --kl-base and for llama.cpp.",
          "--save-logits");
  private final Value<Boolean> running =
      flag("Print the figures after each chunk too.", "--running");
  private final Value<Boolean> json = flag("Print JSON.", "--json");
  private final ContextOptions session =
      new ContextOptions(
          this, "Tokens of a chunk; 0 means 512, or the model's context if shorter.");

  public PerplexityCommand(Console console) {
    super(
        console,
        "perplexity",
        "Measure how well a model predicts a text, and how far it is from its original.",
        "",
        "The text is cut into chunks as by llama.cpp; the second half of each is predicted.",
        "Ctrl-C ends it; the figures of the chunks done are kept.",
        "",
        "Examples:",
        "  myelin perplexity -m model.gguf -f wiki.test.raw",
        "  myelin perplexity -m model-q4_0.gguf -f wiki.test.raw --kl-base model-f16.gguf",
        "  myelin perplexity -m model-f16.gguf -f wiki.test.raw --save-logits f16.logits",
        "  myelin perplexity -m model-q4_0.gguf --kl-base f16.logits");
  }

  @Override
  public void run() {
    Checkpoint checkpoint = model.checkpoint();
    SessionOptions how = session.options();
    ChunkOptions cut =
        Usage.check(spec, () -> new ChunkOptions(how.contextLength(), stride.get(), chunks.get()));
    boolean fromLogits = original.isSet() && LogitsFile.isLogitsFile(original.get());
    if (!text.isSet() && !fromLogits) {
      requireOriginal();
      throw Usage.wrong(spec, "no text: give -f FILE (- is standard input)");
    }
    if (stride.get() != 0 && (fromLogits || save.isSet())) {
      throw Usage.wrong(spec, "--stride: files of logits are of chunks, which do not overlap");
    }
    if (original.isSet() && save.isSet()) {
      throw Usage.wrong(spec, "--save-logits with --kl-base: give one of them");
    }
    List<Adapter> adapters = lora.adapters();
    new Outputs(this)
        .reads(checkpoint)
        .reads("--lora", lora.files())
        .reads("-f", text.get())
        .writesOther("--save-logits", save.get())
        .check();
    String read = text.isSet() ? PromptOptions.read(console, text.get()) : null;
    try (Model loaded = Model.load(checkpoint, adapters)) {
      Statistics.notes(console, loaded);
      if (!original.isSet()) {
        alone(loaded, TextChunks.of(loaded, read, cut), how);
      } else if (fromLogits) {
        try (LogitsFile logits = LogitsFile.open(original.get())) {
          beside(loaded, logits, read, cut, how);
        }
      } else {
        try (Model other = Model.load(model.checkpoint(original.get()))) {
          beside(loaded, other, read, cut, how);
        }
      }
      Statistics.adapters(console, loaded);
    }
  }

  /** A file of logits that is not there is not a text that is missing. */
  private void requireOriginal() {
    if (original.isSet() && !Files.exists(original.get())) {
      String name = original.get().toString();
      throw Input.failure(name, new NoSuchFileException(name));
    }
  }

  /** Whether figures are printed after each chunk. */
  private boolean isPrinting() {
    return running.get() && !json.get();
  }

  private void alone(Model loaded, TextChunks cut, SessionOptions how) {
    List<PerplexityResult> steps = new ArrayList<>();
    try (Session open = open(loaded, cut, how);
        ChunkWatch watch = new ChunkWatch(console, isPrinting(), cut, open)) {
      Consumer<PerplexityResult> each =
          step -> {
            watch.done(step.chunks(), step.perplexity().value());
            steps.add(step);
            if (isPrinting()) {
              console.print(PerplexityText.running(step));
            }
          };
      PerplexityResult result = measured(open, cut, each);
      watch.end();
      console.print(
          json.get()
              ? Json.pretty(PerplexityJson.of(result, cut, running.get() ? steps : List.of()))
              : PerplexityText.of(result, cut));
      watch.statistics(result.chunks());
    }
  }

  private PerplexityResult measured(Session open, TextChunks cut, Consumer<PerplexityResult> each) {
    if (!save.isSet()) {
      return Perplexity.measure(open, cut, each);
    }
    int vocabulary = open.model().hyperparameters().vocabulary();
    try (LogitsFileWriter writer = new LogitsFileWriter(save.get(), cut, vocabulary)) {
      PerplexityResult result = Perplexity.measure(open, cut, writer, each);
      if (result.isComplete()) {
        writer.commit();
        console.note("%s: %s".formatted(save.get(), Units.bytes(writer.bytes())));
      } else {
        console.note(save.get() + ": not saved, there are chunks left");
      }
      return result;
    }
  }

  private void beside(
      Model loaded, LogitsFile logits, String read, ChunkOptions cut, SessionOptions how) {
    if (cut.contextLength() != 0 && cut.contextLength() != logits.contextLength()) {
      throw new InvalidRequestException(
          "context = %s: expected %s, the chunks of %s"
              .formatted(cut.contextLength(), logits.contextLength(), logits.path()));
    }
    TextChunks chunked = TextChunks.of(loaded, logits, cut.chunks());
    if (read != null) {
      int[] given = loaded.tokenizer().encode(read, true, false);
      int[] saved = logits.tokens();
      int most = Math.min(given.length, saved.length);
      if (given.length < saved.length || Arrays.mismatch(given, 0, most, saved, 0, most) >= 0) {
        throw new InvalidRequestException(
            text.get() + ": another text: expected the one that " + logits.path() + " is of");
      }
    }
    try (Session open = open(loaded, chunked, how);
        ChunkWatch watch = new ChunkWatch(console, isPrinting(), chunked, open)) {
      compare(watch, chunked, each -> KlDivergence.measure(open, logits, chunked, each));
    }
  }

  private void beside(
      Model loaded, Model other, String read, ChunkOptions cut, SessionOptions how) {
    TextChunks chunked = TextChunks.of(loaded, read, cut);
    try (Session open = open(loaded, chunked, how);
        Session second = Session.open(other, how.withContextLength(chunked.contextLength()));
        ChunkWatch watch = new ChunkWatch(console, isPrinting(), chunked, open, second)) {
      compare(watch, chunked, each -> KlDivergence.measure(open, second, chunked, each));
    }
  }

  /** A comparison, which tells its progress. */
  private interface Comparison {
    KlResult run(Consumer<KlStatistics> each);
  }

  private void compare(ChunkWatch watch, TextChunks cut, Comparison comparison) {
    List<KlStatistics> steps = new ArrayList<>();
    KlResult result =
        comparison.run(
            step -> {
              watch.done(step.chunks(), step.perplexity().value());
              steps.add(step);
              if (isPrinting()) {
                console.print(KlText.running(step));
              }
            });
    watch.end();
    console.print(
        json.get()
            ? Json.pretty(KlJson.of(result, cut, running.get() ? steps : List.of()))
            : KlText.of(result, cut));
    watch.statistics(result.statistics().chunks());
  }

  private Session open(Model model, TextChunks cut, SessionOptions how) {
    return session.opened(Session.open(model, how.withContextLength(cut.contextLength())));
  }
}
