package dev.myelin.cli.run;

import dev.myelin.adapter.Adapter;
import dev.myelin.cli.command.SignalHandler;
import dev.myelin.cli.command.Subcommand;
import dev.myelin.cli.command.UnusedOptions;
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
import dev.myelin.error.CancelledException;
import dev.myelin.error.MyelinException;
import dev.myelin.generate.GenerateOptions;
import dev.myelin.generate.Generation;
import dev.myelin.generate.Generator;
import dev.myelin.generate.Session;
import dev.myelin.generate.SessionOptions;
import dev.myelin.gguf.Checkpoint;
import dev.myelin.model.Model;
import dev.myelin.runtime.ModelRuntime;
import dev.myelin.runtime.RuntimeOptions;
import dev.myelin.sampling.SamplingOptions;
import java.nio.file.Path;
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
  private final ParallelOptions parallel = new ParallelOptions(this);

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
        "  git log | myelin run -m model.gguf -f - --seed 7",
        "  myelin run -m model.gguf -f prompts.jsonl --parallel 8 -o results.jsonl --resume");
  }

  @Override
  public void run() {
    if (parallel.isSet()) {
      runParallel();
    } else {
      runOne();
    }
  }

  private void runOne() {
    long begin = System.nanoTime();
    Checkpoint checkpoint = model.checkpoint(); // reads the bundled one
    long readNanos = System.nanoTime() - begin;
    GenerateOptions generateOptions = stop.options();
    SamplingOptions requested = sampling.options();
    SessionOptions options = context.options(checkpoint);
    List<Adapter> adapters = lora.adapters();
    String text = prompt.text(checkpoint.file().isEmpty() ? BundledModel.DEFAULT_PROMPT : null);
    if (prompt.isFile(".jsonl")) {
      console.note("-f: the file is one prompt; --parallel N reads one from each line");
    }
    long start = System.nanoTime();
    try (Model loaded = Model.load(checkpoint, adapters);
        Session session = context.noteThreads(Session.open(loaded, options))) {
      long ready = System.nanoTime();
      SamplingOptions samplingOptions = sampling.options(loaded.sampling(), requested);
      loaded.info().requireGeneration();
      Statistics.printModelNotes(console, loaded);
      ContextLimits.warnIfBeyondTraining(console, session);
      promptCache.apply(session); // prepares the model meanwhile
      int[] tokens = loaded.tokenizer().encode(text, true, !noParseSpecial.get());
      ContextLimits.requireFits(tokens, session);
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

  /** Generates the text of each line of a file. */
  private void runParallel() {
    Checkpoint checkpoint = model.checkpoint();
    Path file = prompt.file("--parallel");
    int count = parallel.count();
    context.requireNoBudget("--parallel");
    parallel.check(checkpoint, lora, file);
    UnusedOptions.note(this, "results are without prompts", hidePrompt);
    GenerateOptions generateOptions = stop.options();
    SamplingOptions requested = sampling.options();
    RuntimeOptions options =
        context.options().runtimeOptions().withSequences(count).withKeepsPrefixes(true);
    List<Adapter> adapters = lora.adapters();
    long total = PromptFile.count(console, file);
    try (Model loaded = Model.load(checkpoint, adapters);
        ModelRuntime runtime = ModelRuntime.open(loaded, options)) {
      SamplingOptions samplingOptions = sampling.options(loaded.sampling(), requested);
      loaded.info().requireGeneration();
      Statistics.printModelNotes(console, loaded);
      try (Session session = context.noteThreads(Session.open(runtime))) {
        ContextLimits.warnIfBeyondTraining(console, session);
        promptCache.apply(session); // reports a folder that cannot be used before the prompts
      }
      PromptWorker worker =
          new PromptWorker(
              runtime,
              !noParseSpecial.get(),
              generateOptions,
              sampling.hasSeed()
                  ? samplingOptions
                  : samplingOptions.withSeed(SamplingOptions.RANDOM_SEED),
              promptCache::apply);
      RunProgress progress = runParallel(new ParallelRun(worker, count), file, total);
      progress.printSummary();
      Statistics.printAdapters(console, loaded);
      Statistics.printRecommendedSampling(console, loaded);
      if (progress.failed() > 0) {
        throw new MyelinException(
            "%s: %s of %s prompts failed: see \"error\" in their results"
                .formatted(file, progress.failed(), progress.done()));
      }
    }
  }

  private RunProgress runParallel(ParallelRun run, Path file, long total) {
    try (PromptFile prompts = PromptFile.open(console, file);
        ResultOutput output = parallel.open(console, prompts);
        RunProgress progress =
            new RunProgress(console, parallel.isPrinting(), total, output.done(), output.failed());
        SignalHandler _ = SignalHandler.install(Thread.currentThread()::interrupt)) {
      try {
        run.run(prompts, output, progress);
      } catch (InterruptedException e) {
        String help = parallel.isPrinting() ? "" : ": --resume continues";
        throw new CancelledException("interrupted after " + progress.state() + help);
      }
      return progress;
    }
  }
}
