package dev.myelin.cli.run;

import dev.myelin.adapter.Adapter;
import dev.myelin.cli.command.SignalHandler;
import dev.myelin.cli.command.Subcommand;
import dev.myelin.cli.io.BundledModel;
import dev.myelin.cli.io.Console;
import dev.myelin.cli.io.Statistics;
import dev.myelin.cli.options.AdapterOptions;
import dev.myelin.cli.options.ContextOptions;
import dev.myelin.cli.options.ModelOptions;
import dev.myelin.cli.options.PromptCacheOptions;
import dev.myelin.cli.options.PromptOptions;
import dev.myelin.cli.options.SamplerOptions;
import dev.myelin.cli.options.StopOptions;
import dev.myelin.generate.GenerateOptions;
import dev.myelin.generate.Generation;
import dev.myelin.generate.Generator;
import dev.myelin.generate.Session;
import dev.myelin.generate.SessionOptions;
import dev.myelin.gguf.Checkpoint;
import dev.myelin.model.Model;
import dev.myelin.sampling.SamplingOptions;
import java.time.Duration;
import java.util.List;

/** Generates text from a prompt. */
public final class RunCommand extends Subcommand {
  private final ModelOptions model = ModelOptions.withNoMmap(this);
  private final AdapterOptions lora = new AdapterOptions(this);
  private final PromptOptions prompt = new PromptOptions(this);
  private final Value<Boolean> hidePrompt =
      flag("Print only the generated text.", "--no-display-prompt");
  private final Value<Boolean> noParseSpecial =
      flag(
          "Treat special tokens in the prompt, such as <|im_end|>, as plain text.",
          "--no-parse-special");
  private final StopOptions stop = new StopOptions(this);
  private final SamplerOptions sampling = new SamplerOptions(this);
  private final ContextOptions context = ContextOptions.withMemoryBudget(this);
  private final PromptCacheOptions promptCache = new PromptCacheOptions(this);

  public RunCommand(Console console) {
    super(
        console,
        "run",
        "Generate text from a prompt.",
        "",
        "Without -m the bundled model writes a story.",
        "Ctrl-C stops generation; the text so far and the statistics are printed.",
        "",
        "Examples:",
        "  myelin run",
        "  myelin run -m story.gguf -p 'Once upon a time' -n 64",
        "  myelin run -m story.gguf -f prompt.txt --temp 0 --stop '\\n\\n'",
        "  git log | myelin run -m model.gguf -f - --seed 7");
  }

  @Override
  public void run() {
    long begin = System.nanoTime();
    Checkpoint checkpoint = model.checkpoint(); // reads the bundled one
    long readNanos = System.nanoTime() - begin;
    GenerateOptions generateOptions = stop.options();
    SamplingOptions requested = sampling.options();
    SessionOptions options = context.options(checkpoint);
    List<Adapter> adapters = lora.adapters();
    String text = prompt.text(checkpoint.file().isEmpty() ? BundledModel.DEFAULT_PROMPT : null);
    long start = System.nanoTime();
    try (Model loaded = Model.load(checkpoint, adapters);
        Session session = context.noteThreads(Session.open(loaded, options))) {
      long ready = System.nanoTime();
      SamplingOptions samplingOptions = sampling.options(loaded.sampling(), requested);
      loaded.info().requireLogits();
      Statistics.printModelNotes(console, loaded);
      ContextLimits.warnIfBeyondTraining(console, session);
      int[] tokens = loaded.tokenizer().encode(text, true, !noParseSpecial.get());
      ContextLimits.requireFits(tokens, session);
      promptCache.apply(session);
      Generation generation;
      try (TextPrinter printer = new TextPrinter(console)) {
        if (!hidePrompt.get()) {
          printer.accept(text);
        }
        try (SignalHandler _ = SignalHandler.install(session::cancel)) {
          generation =
              new Generator(session, samplingOptions).generate(tokens, generateOptions, printer);
        }
      }
      Statistics.printTimings(console, generation);
      console.note(
          "%-12s %7s ms"
              .formatted(
                  "load", Statistics.milliseconds(Duration.ofNanos(readNanos + ready - start))));
      Statistics.printAdapters(console, loaded);
      Statistics.printRecommendedSampling(console, loaded);
      console.note("%-12s %7s".formatted("seed", samplingOptions.seed()));
      console.note("%-12s %s".formatted("stopped by", generation.reason()));
    }
  }
}
