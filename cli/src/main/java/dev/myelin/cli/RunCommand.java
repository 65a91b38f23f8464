package dev.myelin.cli;

import dev.myelin.generate.GenerateOptions;
import dev.myelin.generate.Generation;
import dev.myelin.generate.Generator;
import dev.myelin.generate.Session;
import dev.myelin.generate.SessionOptions;
import dev.myelin.model.Model;
import dev.myelin.sampling.SamplingOptions;
import java.nio.file.Path;
import java.time.Duration;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Continues a prompt. */
@Command(
    name = "run",
    sortOptions = false,
    description = "Write on from a prompt.",
    footer = {
      "",
      "Ctrl-C ends the generation; the text so far and the statistics are kept.",
      "",
      "Examples:",
      "  myelin run -m story.gguf -p 'Once upon a time' -n 64",
      "  myelin run -m story.gguf -f prompt.txt --temp 0 --stop '\\n\\n'",
      "  git log | myelin run -m model.gguf -f - --seed 7"
    })
final class RunCommand implements Runnable {
  private final Console console;
  @Spec private CommandSpec spec;
  @Mixin private ModelOptions model;

  @ArgGroup private PromptFlags prompt;

  @Option(names = "--no-display-prompt", description = "Print the continuation only.")
  private boolean hidePrompt;

  @Mixin private StopFlags stop;
  @Mixin private SamplingFlags sampling;
  @Mixin private SessionFlags session;
  @Mixin private HelpOptions help;

  RunCommand(Console console) {
    this.console = console;
  }

  @Override
  public void run() {
    Path file = model.file(console);
    GenerateOptions until = stop.options();
    SamplingOptions how = sampling.options();
    SessionOptions options = session.options();
    if (prompt == null) {
      throw Usage.wrong(spec, "no prompt: give -p TEXT, or -f FILE (- is standard input)");
    }
    String text = prompt.text(console);
    long start = System.nanoTime();
    try (Model loaded = Model.load(file);
        Session open = Session.open(loaded, options)) {
      long ready = System.nanoTime();
      Echo echo = new Echo(console);
      if (!hidePrompt) {
        echo.accept(text);
      }
      Generation generation;
      try (Interrupts _ = Interrupts.once(open::cancel)) {
        generation = new Generator(open, how).generate(text, until, echo);
      }
      echo.endLine();
      Statistics.print(console, generation);
      console.note(
          "%-12s %7s ms"
              .formatted("load", Statistics.milliseconds(Duration.ofNanos(ready - start))));
      console.note("%-12s %7d".formatted("seed", how.seed()));
      console.note("%-12s %s".formatted("stopped by", generation.reason()));
    }
  }
}
