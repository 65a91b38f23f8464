package dev.myelin.cli.evaluate;

import dev.myelin.adapter.Adapter;
import dev.myelin.cli.command.CommandFiles;
import dev.myelin.cli.command.Subcommand;
import dev.myelin.cli.command.Usage;
import dev.myelin.cli.io.Console;
import dev.myelin.cli.io.Json;
import dev.myelin.cli.io.Statistics;
import dev.myelin.cli.io.TextInput;
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

/** Computes the perplexity of a text, and the divergence from a base model. */
public final class PerplexityCommand extends Subcommand {
  /** Chunks that are computed together at most. */
  private static final int MAX_CHUNKS = 16;

  private final ModelOptions model = ModelOptions.withNoMmap(this);
  private final AdapterOptions lora = new AdapterOptions(this);
  private final Value<Path> text =
      option(Path.class, null, "FILE", "The text, UTF-8; - is standard input.", "-f", "--file");
  private final Value<Integer> chunks =
      option(
          int.class,
          ChunkOptions.ALL,
          "N",
          "Maximum number of chunks; -1, the default, is all.",
          "--chunks");
  private final Value<Integer> stride =
      option(
          int.class,
          0,
          "N",
          "Use overlapping windows, N tokens apart; 0, the default, uses chunks.",
          "--stride",
          "--ppl-stride");
  private final Value<Path> base =
      option(
          Path.class,
          null,
          "FILE",
          "Compare with a base model: its GGUF file, or its saved logits.",
          "--kl-base");
  private final Value<Path> saveLogits =
      option(
          Path.class,
          null,
          "FILE",
          "Save the logits, for --kl-base and for llama.cpp.",
          "--save-logits");
  private final Value<Boolean> perChunk =
      flag("Also print the results after each chunk.", "--per-chunk");
  private final Value<Boolean> json = flag("Print JSON.", "--json");
  private final ContextOptions context =
      new ContextOptions(
          this, "Tokens per chunk; 0 is 512, or the model's context if that is shorter.");

  public PerplexityCommand(Console console) {
    super(
        console,
        "perplexity",
        "Compute the perplexity of a text, and the KL divergence from a base model.",
        "",
        "The text is split into chunks as in llama.cpp; the second half of each is scored.",
        "Ctrl-C ends it; the results of the chunks so far are printed.",
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
    SessionOptions sessionOptions = context.options();
    ChunkOptions chunkOptions =
        Usage.check(
            spec,
            () -> new ChunkOptions(sessionOptions.contextLength(), stride.get(), chunks.get()));
    boolean fromLogits = base.isSet() && LogitsFile.isLogitsFile(base.get());
    if (!text.isSet() && !fromLogits) {
      requireBase();
      throw Usage.error(spec, "no text: give -f FILE (- is standard input)");
    }
    if (stride.get() != 0 && (fromLogits || saveLogits.isSet())) {
      throw Usage.error(spec, "--stride: files of logits contain chunks, which do not overlap");
    }
    if (base.isSet() && saveLogits.isSet()) {
      throw Usage.error(spec, "--save-logits with --kl-base: expected one of them");
    }
    List<Adapter> adapters = lora.adapters();
    new CommandFiles(this)
        .reads(checkpoint)
        .reads("--lora", lora.files())
        .reads("-f", text.get())
        .writesNonModel("--save-logits", saveLogits.get())
        .check();
    String content = text.isSet() ? PromptOptions.readFile(console, text.get()) : null;
    try (Model loaded = Model.load(checkpoint, adapters)) {
      Statistics.printModelNotes(console, loaded);
      if (!base.isSet()) {
        measure(loaded, TextChunks.of(loaded, content, chunkOptions), sessionOptions);
      } else if (fromLogits) {
        try (LogitsFile logits = LogitsFile.open(base.get())) {
          compareWith(loaded, logits, content, chunkOptions, sessionOptions);
        }
      } else {
        try (Model baseModel = Model.load(model.checkpoint(base.get()))) {
          compareWith(loaded, baseModel, content, chunkOptions, sessionOptions);
        }
      }
      Statistics.printAdapters(console, loaded);
    }
  }

  /** Reports a missing file of logits as such, not as a missing text. */
  private void requireBase() {
    if (base.isSet() && !Files.exists(base.get())) {
      String name = base.get().toString();
      throw TextInput.fileError(name, new NoSuchFileException(name));
    }
  }

  /** Whether results are printed after each chunk. */
  private boolean printsPerChunk() {
    return perChunk.get() && !json.get();
  }

  private void measure(Model loaded, TextChunks textChunks, SessionOptions sessionOptions) {
    List<PerplexityResult> steps = new ArrayList<>();
    try (Session session = open(loaded, textChunks, sessionOptions);
        ChunkProgress progress =
            new ChunkProgress(console, printsPerChunk(), textChunks, session)) {
      Consumer<PerplexityResult> each =
          step -> {
            progress.chunkDone(step.chunks(), step.perplexity().value());
            steps.add(step);
            if (printsPerChunk()) {
              console.print(PerplexityText.chunkLine(step));
            }
          };
      PerplexityResult result = measureAndSave(session, textChunks, each);
      progress.finish();
      console.print(
          json.get()
              ? Json.pretty(
                  PerplexityJson.of(result, textChunks, perChunk.get() ? steps : List.of()))
              : PerplexityText.of(result, textChunks));
      progress.printStatistics(result.chunks());
    }
  }

  private PerplexityResult measureAndSave(
      Session session, TextChunks textChunks, Consumer<PerplexityResult> each) {
    if (!saveLogits.isSet()) {
      return Perplexity.measure(session, textChunks, each);
    }
    int vocabulary = session.model().info().vocabulary();
    try (LogitsFileWriter writer = new LogitsFileWriter(saveLogits.get(), textChunks, vocabulary)) {
      PerplexityResult result = Perplexity.measure(session, textChunks, writer, each);
      if (result.isComplete()) {
        writer.commit();
        console.note("%s: %s".formatted(saveLogits.get(), Units.bytes(writer.bytes())));
      } else {
        console.note(saveLogits.get() + ": not saved, since not all chunks were computed");
      }
      return result;
    }
  }

  private void compareWith(
      Model loaded,
      LogitsFile logits,
      String content,
      ChunkOptions chunkOptions,
      SessionOptions sessionOptions) {
    if (chunkOptions.contextLength() != 0
        && chunkOptions.contextLength() != logits.contextLength()) {
      throw new InvalidRequestException(
          "context = %s: expected %s, the chunk size of %s"
              .formatted(chunkOptions.contextLength(), logits.contextLength(), logits.path()));
    }
    TextChunks textChunks = TextChunks.of(loaded, logits, chunkOptions.chunks());
    if (content != null) {
      int[] textTokens = loaded.tokenizer().encode(content, true, false);
      int[] savedTokens = logits.tokens();
      int common = Math.min(textTokens.length, savedTokens.length);
      if (textTokens.length < savedTokens.length
          || Arrays.mismatch(textTokens, 0, common, savedTokens, 0, common) >= 0) {
        throw new InvalidRequestException(text.get() + ": expected the text of " + logits.path());
      }
    }
    try (Session session = open(loaded, textChunks, sessionOptions);
        ChunkProgress progress =
            new ChunkProgress(console, printsPerChunk(), textChunks, session)) {
      compare(
          progress, textChunks, each -> KlDivergence.measure(session, logits, textChunks, each));
    }
  }

  private void compareWith(
      Model loaded,
      Model baseModel,
      String content,
      ChunkOptions chunkOptions,
      SessionOptions sessionOptions) {
    TextChunks textChunks = TextChunks.of(loaded, content, chunkOptions);
    try (Session session = open(loaded, textChunks, sessionOptions);
        Session baseSession = openQuietly(baseModel, textChunks, sessionOptions);
        ChunkProgress progress =
            new ChunkProgress(console, printsPerChunk(), textChunks, session, baseSession)) {
      compare(
          progress,
          textChunks,
          each -> KlDivergence.measure(session, baseSession, textChunks, each));
    }
  }

  /** A comparison that reports each chunk. */
  private interface Comparison {
    KlResult run(Consumer<KlStatistics> each);
  }

  private void compare(ChunkProgress progress, TextChunks textChunks, Comparison comparison) {
    List<KlStatistics> steps = new ArrayList<>();
    KlResult result =
        comparison.run(
            step -> {
              progress.chunkDone(step.chunks(), step.perplexity().value());
              steps.add(step);
              if (printsPerChunk()) {
                console.print(KlDivergenceText.chunkLine(step));
              }
            });
    progress.finish();
    console.print(
        json.get()
            ? Json.pretty(
                KlDivergenceJson.of(result, textChunks, perChunk.get() ? steps : List.of()))
            : KlDivergenceText.of(result, textChunks));
    progress.printStatistics(result.statistics().chunks());
  }

  private Session open(Model model, TextChunks textChunks, SessionOptions sessionOptions) {
    return context.noteThreads(openQuietly(model, textChunks, sessionOptions));
  }

  private static Session openQuietly(
      Model model, TextChunks textChunks, SessionOptions sessionOptions) {
    return Session.open(
        model,
        sessionOptions.withContextLength(textChunks.contextLength()),
        Math.min(textChunks.perBatch(sessionOptions.batch()), MAX_CHUNKS));
  }
}
