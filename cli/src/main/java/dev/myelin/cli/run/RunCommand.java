package dev.myelin.cli.run;

import dev.myelin.adapter.Adapter;
import dev.myelin.cli.command.Interrupts;
import dev.myelin.cli.command.Subcommand;
import dev.myelin.cli.io.Bundled;
import dev.myelin.cli.io.Console;
import dev.myelin.cli.io.Statistics;
import dev.myelin.cli.options.AdapterOptions;
import dev.myelin.cli.options.ContextOptions;
import dev.myelin.cli.options.ModelOptions;
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

/** Continues a prompt. */
public final class RunCommand extends Subcommand {
  private final ModelOptions model = ModelOptions.computing(this);
  private final AdapterOptions lora = new AdapterOptions(this);
  private final PromptOptions prompt = new PromptOptions(this);
  private final Value<Boolean> hidePrompt =
      flag("Print the continuation only.", "--no-display-prompt");
  private final Value<Boolean> noParseSpecial =
      flag(
          "Take special tokens in the prompt, such as <|im_end|>, for plain text.",
          "--no-parse-special");
  private final StopOptions stop = new StopOptions(this);
  private final SamplerOptions sampling = new SamplerOptions(this);
  private final ContextOptions session = new ContextOptions(this);

  public RunCommand(Console console) {
    super(
        console,
        "run",
        "Write on from a prompt.",
        "",
        "Without -m the bundled checkpoint writes a story.",
        "Ctrl-C ends the generation; the text so far and the statistics are kept.",
        "",
        "Examples:",
        "  myelin run",
        "  myelin run -m story.gguf -p 'Once upon a time' -n 64",
        "  myelin run -m story.gguf -f prompt.txt --temp 0 --stop '\\n\\n'",
        "  git log | myelin run -m model.gguf -f - --seed 7");
  }

  @Override
  public void run() {
    long named = System.nanoTime();
    Checkpoint checkpoint = model.checkpoint(); // reads the bundled one
    long read = System.nanoTime() - named;
    GenerateOptions until = stop.options();
    SamplingOptions given = sampling.options();
    SessionOptions options = session.options();
    List<Adapter> adapters = lora.adapters();
    String text = prompt.text(checkpoint.file().isEmpty() ? Bundled.PROMPT : null);
    long start = System.nanoTime();
    try (Model loaded = Model.load(checkpoint, adapters);
        Session open = session.opened(Session.open(loaded, options))) {
      long ready = System.nanoTime();
      SamplingOptions how = sampling.options(loaded.sampling(), given);
      Statistics.notes(console, loaded);
      ContextLimits.warn(console, open);
      int[] tokens = loaded.tokenizer().encode(text, true, !noParseSpecial.get());
      ContextLimits.check(tokens, open);
      Generation generation;
      try (Echo echo = new Echo(console)) {
        if (!hidePrompt.get()) {
          echo.accept(text);
        }
        try (Interrupts _ = Interrupts.once(open::cancel)) {
          generation = new Generator(open, how).generate(tokens, until, echo);
        }
      }
      Statistics.print(console, generation);
      console.note(
          "%-12s %7s ms"
              .formatted("load", Statistics.milliseconds(Duration.ofNanos(read + ready - start))));
      Statistics.adapters(console, loaded);
      Statistics.sampling(console, loaded);
      console.note("%-12s %7s".formatted("seed", how.seed()));
      console.note("%-12s %s".formatted("stopped by", generation.reason()));
    }
  }
}
