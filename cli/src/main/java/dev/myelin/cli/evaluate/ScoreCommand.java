package dev.myelin.cli.evaluate;

import dev.myelin.adapter.Adapter;
import dev.myelin.cli.command.Interrupts;
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

/** Tells how likely continuations are, and so classifies. */
public final class ScoreCommand extends Subcommand {
  /** Where a line of the file goes. */
  private static final String HOLE = "{}";

  private final ModelOptions model = ModelOptions.computing(this);
  private final AdapterOptions lora = new AdapterOptions(this);
  private final Value<String> prompt =
      option(
          String.class,
          null,
          "TEXT",
          "The prompt; with -f its pattern, in which {} stands for each line.",
          "-p",
          "--prompt");
  private final Value<Path> file =
      option(
          Path.class,
          null,
          "FILE",
          "Prompts, one a line, perhaps with label and tab before each; - is standard input.",
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
          "A continuation, as it is, commas and spaces too. Repeatable.",
          "--continuation");
  private final Value<String> normalise =
      choice(
          Normalization.labels(),
          "sum",
          "HOW",
          "Compare log-probabilities: ${COMPLETION-CANDIDATES} over the tokens (default: sum).",
          "--normalise",
          "--normalize");
  private final Value<Boolean> plain =
      flag("Take special tokens in the texts as text.", "--no-parse-special");
  private final Value<Boolean> json = flag("Print JSON.", "--json");
  private final ContextOptions session = new ContextOptions(this);

  public ScoreCommand(Console console) {
    super(
        console,
        "score",
        "Log-probabilities of continuations of a prompt: a model classifies.",
        "",
        "Prompt and continuation are one text: end the prompt with a space where one belongs"
            + " there.",
        "",
        "Examples:",
        "  myelin score -m model.gguf -p 'I loved it. That is ' --labels positive,negative",
        "  myelin score -m model.gguf -p '{} That is ' -f reviews.txt --labels positive,negative",
        "  myelin score -m model.gguf -p 'Then' --continuation ' she said' --continuation ', no'");
  }

  @Override
  public void run() {
    Checkpoint checkpoint = model.checkpoint();
    SessionOptions how = session.options();
    List<String> choices = choices();
    Normalization by = Usage.check(spec, () -> Normalization.of(normalise.get()));
    if (!prompt.isSet() && !file.isSet()) {
      throw Usage.wrong(spec, "no prompt: give -p TEXT, or -f FILE (- is standard input)");
    }
    if (prompt.isSet() && file.isSet() && !prompt.get().contains(HOLE)) {
      throw Usage.wrong(spec, "--prompt with --file: expected {} in it, for the file's lines");
    }
    List<Adapter> adapters = lora.adapters();
    LabelledLines lines = file.isSet() ? lines(choices) : null;
    try (Model loaded = Model.load(checkpoint, adapters);
        Session open = session.opened(Session.open(loaded, how));
        Interrupts _ = Interrupts.once(open::cancel)) {
      Statistics.notes(console, loaded);
      Scorer scorer = new Scorer(open, by, !plain.get());
      if (lines == null) {
        Ranking ranking = scorer.rank(prompt.get(), choices);
        console.print(json.get() ? Json.pretty(ScoreJson.of(ranking)) : ScoreText.of(ranking));
      } else {
        classify(scorer, lines, choices);
      }
      Statistics.adapters(console, loaded);
    }
  }

  private List<String> choices() {
    List<String> all = new ArrayList<>();
    labels.get().forEach(label -> all.add(label.strip()));
    all.addAll(continuations.get());
    if (all.isEmpty()) {
      throw Usage.wrong(spec, "nothing to score: give --labels A,B or --continuation TEXT");
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
    return LabelledLines.of(name, PromptOptions.read(console, file.get()), choices);
  }

  private void classify(Scorer scorer, LabelledLines lines, List<String> choices) {
    List<ScoreJson.Scored> scored = new ArrayList<>();
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
          scored.add(new ScoreJson.Scored(line, ranking));
        } else {
          console.print(text.line(line, ranking));
        }
        progress.to(++done);
      }
    } catch (CancelledException e) {
      console.note("cancelled: the figures are those of the lines so far");
    }
    if (json.get()) {
      console.print(Json.pretty(ScoreJson.of(scored, lines.labelled() ? confusion : null)));
    } else if (lines.labelled()) {
      console.print("\n" + ScoreText.of(confusion));
    }
  }

  private Ranking rank(Scorer scorer, LabelledLines.Line line, List<String> choices) {
    String whole = prompt.isSet() ? prompt.get().replace(HOLE, line.text()) : line.text();
    try {
      return scorer.rank(whole, choices);
    } catch (InvalidRequestException e) {
      throw new InvalidRequestException(
          "%s, line %s: %s".formatted(file.get(), line.number(), e.getMessage()));
    }
  }
}
