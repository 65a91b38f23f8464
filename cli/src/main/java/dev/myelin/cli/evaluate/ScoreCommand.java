package dev.myelin.cli.evaluate;

import dev.myelin.adapter.Adapter;
import dev.myelin.cli.command.SignalHandler;
import dev.myelin.cli.command.Subcommand;
import dev.myelin.cli.command.Usage;
import dev.myelin.cli.io.Console;
import dev.myelin.cli.io.Json;
import dev.myelin.cli.io.Progress;
import dev.myelin.cli.io.Statistics;
import dev.myelin.cli.options.AdapterOptions;
import dev.myelin.cli.options.ContextOptions;
import dev.myelin.cli.options.ModelOptions;
import dev.myelin.cli.options.PromptOptions;
import dev.myelin.error.CancelledException;
import dev.myelin.error.InvalidRequestException;
import dev.myelin.evaluate.ConfusionMatrix;
import dev.myelin.evaluate.Normalization;
import dev.myelin.evaluate.Ranking;
import dev.myelin.evaluate.Scorer;
import dev.myelin.generate.Session;
import dev.myelin.generate.SessionOptions;
import dev.myelin.gguf.Checkpoint;
import dev.myelin.model.Model;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Scores continuations of a prompt by their log-probability, to classify. */
public final class ScoreCommand extends Subcommand {
  /** Replaced by a line of the file. */
  private static final String PLACEHOLDER = "{}";

  /** Continuations that are computed together at most. */
  private static final int MAX_FORKS = 32;

  private final ModelOptions model = ModelOptions.withNoMmap(this);
  private final AdapterOptions lora = new AdapterOptions(this);
  private final Value<String> prompt =
      option(
          String.class,
          null,
          "TEXT",
          "The prompt; with -f a template, in which {} is replaced by each line.",
          "-p",
          "--prompt");
  private final Value<Path> file =
      option(
          Path.class,
          null,
          "FILE",
          "Prompts, one per line, optionally after a label and a tab; - is standard input.",
          "-f",
          "--file");
  private final Value<List<String>> labels =
      list(
          String.class,
          List.of(),
          ",",
          "LABEL",
          "Continuations to compare, separated by commas.",
          "--labels");
  private final Value<List<String>> continuations =
      list(
          String.class,
          List.of(),
          null,
          "TEXT",
          "A continuation, which may contain commas and spaces. Repeatable.",
          "--continuation");
  private final Value<String> normalization =
      choice(
          Normalization.labels(),
          "sum",
          "HOW",
          "Compare the ${COMPLETION-CANDIDATES} of the tokens' log-probabilities (default: sum).",
          "--normalize",
          "--normalise");
  private final Value<Boolean> noParseSpecial =
      flag("Treat special tokens in the texts as plain text.", "--no-parse-special");
  private final Value<Boolean> json = flag("Print JSON.", "--json");
  private final ContextOptions context = new ContextOptions(this);

  public ScoreCommand(Console console) {
    super(
        console,
        "score",
        "Score continuations of a prompt by their log-probability, to classify.",
        "",
        "Prompt and continuation form one text: end the prompt with a space if one is needed.",
        "",
        "Examples:",
        "  myelin score -m model.gguf -p 'I loved it. That is ' --labels positive,negative",
        "  myelin score -m model.gguf -p '{} That is ' -f reviews.txt --labels positive,negative",
        "  myelin score -m model.gguf -p 'Then' --continuation ' she said' --continuation ', no'");
  }

  @Override
  public void run() {
    Checkpoint checkpoint = model.checkpoint();
    SessionOptions sessionOptions = context.options();
    List<String> choices = choices();
    Normalization method = Usage.check(spec, () -> Normalization.of(normalization.get()));
    if (!prompt.isSet() && !file.isSet()) {
      throw Usage.error(spec, "no prompt: give -p TEXT, or -f FILE (- is standard input)");
    }
    if (prompt.isSet() && file.isSet() && !prompt.get().contains(PLACEHOLDER)) {
      throw Usage.error(spec, "--prompt with --file: expected {} in the prompt");
    }
    List<Adapter> adapters = lora.adapters();
    LabelledLines lines = file.isSet() ? lines(choices) : null;
    try (Model loaded = Model.load(checkpoint, adapters);
        Session session =
            context.noteThreads(
                Session.open(loaded, sessionOptions, Math.min(choices.size(), MAX_FORKS)));
        SignalHandler _ = SignalHandler.install(session::cancel)) {
      Statistics.printModelNotes(console, loaded);
      Scorer scorer = new Scorer(session, method, !noParseSpecial.get());
      if (lines == null) {
        Ranking ranking = scorer.rank(prompt.get(), choices);
        console.print(json.get() ? Json.pretty(ScoreJson.of(ranking)) : ScoreText.of(ranking));
      } else {
        classify(scorer, lines, choices);
      }
      Statistics.printAdapters(console, loaded);
    }
  }

  private List<String> choices() {
    List<String> all = new ArrayList<>();
    labels.get().forEach(label -> all.add(label.strip()));
    all.addAll(continuations.get());
    if (all.isEmpty()) {
      throw Usage.error(spec, "nothing to score: give --labels A,B or --continuation TEXT");
    }
    Usage.check(
        spec,
        () -> {
          Scorer.check(all);
          return all;
        });
    return all;
  }

  private LabelledLines lines(List<String> choices) {
    String name = file.get().toString().equals("-") ? "standard input" : file.get().toString();
    return LabelledLines.of(name, PromptOptions.readFile(console, file.get()), choices);
  }

  private void classify(Scorer scorer, LabelledLines lines, List<String> choices) {
    List<ScoreJson.ScoredLine> scored = new ArrayList<>();
    ConfusionMatrix confusion = new ConfusionMatrix(choices);
    ScoreText text = new ScoreText(choices, lines.labelled());
    if (!json.get()) {
      console.print(text.header());
    }
    try (Progress progress =
        Progress.of(console, !json.get(), "score", lines.lines().size(), " prompts")) {
      int done = 0;
      for (LabelledLines.Line line : lines.lines()) {
        Ranking ranking = rank(scorer, line, choices);
        if (lines.labelled()) {
          confusion.add(line.actual(), ranking.bestIndex());
        }
        if (json.get()) {
          scored.add(new ScoreJson.ScoredLine(line, ranking));
        } else {
          console.print(text.line(line, ranking));
        }
        progress.stepTo(++done);
      }
    } catch (CancelledException e) {
      console.note("cancelled: results cover the lines so far");
    }
    if (json.get()) {
      console.print(Json.pretty(ScoreJson.of(scored, lines.labelled() ? confusion : null)));
    } else if (lines.labelled()) {
      console.print("\n" + ScoreText.of(confusion));
    }
  }

  private Ranking rank(Scorer scorer, LabelledLines.Line line, List<String> choices) {
    String text = prompt.isSet() ? prompt.get().replace(PLACEHOLDER, line.text()) : line.text();
    try {
      return scorer.rank(text, choices);
    } catch (InvalidRequestException e) {
      throw new InvalidRequestException(
          "%s, line %s: %s".formatted(file.get(), line.number(), e.getMessage()));
    }
  }
}
