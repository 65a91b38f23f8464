package dev.myelin.cli.train;

import dev.myelin.cli.io.Console;
import dev.myelin.cli.io.Progress;
import dev.myelin.cli.io.Units;
import dev.myelin.error.Printable;
import dev.myelin.file.OutputFile;
import dev.myelin.generate.GenerateOptions;
import dev.myelin.generate.Generator;
import dev.myelin.generate.Session;
import dev.myelin.generate.SessionOptions;
import dev.myelin.sampling.SamplingOptions;
import dev.myelin.train.History;
import dev.myelin.train.Training;
import dev.myelin.train.TrainingCost;
import dev.myelin.train.TrainingRun;
import dev.myelin.train.TrainingRun.EndReason;
import dev.myelin.train.vocabulary.TrainedVocabulary;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/** Shows how a run goes, and keeps its losses in files. */
final class TrainReport implements TrainingRun.Listener, AutoCloseable {
  private static final int SAMPLE_TOKENS = 80;
  private static final float SAMPLE_TEMPERATURE = 0.8f;

  private final Console console;
  private final Path csv;
  private final Path chart;
  private final int sampleEvery;
  private final String samplePrompt;
  private TrainingRun run;
  private Progress progress;
  private double peak;
  private long firstStep;
  private double seconds;
  private boolean drawn = true;

  TrainReport(Console console, Path csv, Path chart, int sampleEvery, String samplePrompt) {
    this.console = console;
    this.csv = csv;
    this.chart = chart;
    this.sampleEvery = sampleEvery;
    this.samplePrompt = samplePrompt;
  }

  /** The files that it writes, under the names of their options. */
  Map<String, Path> files() {
    Map<String, Path> files = new LinkedHashMap<>();
    files.put("--csv", csv);
    files.put("--chart", chart);
    return files;
  }

  void learned(TrainedVocabulary vocabulary) {
    line("tokenizer", "%s of %s tokens", vocabulary.kind().shortName(), vocabulary.size());
  }

  void begin(TrainingRun run) {
    this.run = run;
    firstStep = run.history().step();
    line(
        "parameters",
        "%s, of which %s are trained",
        Units.exact(run.model().weights().values().stream().mapToLong(t -> t.elements()).sum()),
        Units.exact(run.parameters()));
    String read =
        run.targetTokens() == run.trainingTokens()
            ? ""
            : ", of which " + Units.exact(run.targetTokens()) + " count in the loss";
    line(
        "text",
        "%s tokens%s; %s for validation",
        Units.exact(run.trainingTokens()),
        read,
        Units.exact(run.validationTokens()));
    line(
        "steps",
        "%s of %d x %d tokens, %.2f epochs",
        Units.exact(run.options().steps()),
        run.options().shape().sequences(),
        run.options().shape().context(),
        run.options().steps() / (double) run.stepsPerEpoch());
    if (firstStep > 0) {
      line("resumed", "after step %d", firstStep);
    }
    peak = TrainingCost.peakFlops(run.options().threads());
    progress = Progress.of(console, "training", run.options().steps(), " steps");
    progress.to(firstStep);
  }

  @Override
  public void step(History.Step step) {
    seconds += step.seconds();
    progress.note(
        format(
            "loss %.3f, %.0f tokens/s",
            step.loss(), run.options().shape().tokens() / step.seconds()));
    progress.to(step.step());
  }

  @Override
  public void evaluated(History.Evaluation evaluation) {
    History history = run.history();
    String loss =
        history.steps().isEmpty() ? "" : format("loss %.4f, ", history.steps().getLast().loss());
    progress.line(
        format("step %6d  %svalidation %.4f", evaluation.step(), loss, evaluation.loss()));
    writeLosses();
    boolean due = sampleEvery > 0 && history.evaluations().size() % sampleEvery == 0;
    if (due) {
      progress.line("  " + sample().replace("\n", "\n  "));
    }
  }

  @Override
  public void saved(long step) {
    writeLosses();
  }

  private String sample() {
    StringBuilder text = new StringBuilder(samplePrompt);
    SessionOptions options =
        SessionOptions.defaults()
            .withThreads(run.options().threads())
            .withForceThreads(run.options().forceThreads())
            .withContextLength(run.options().shape().context());
    SamplingOptions sampling =
        SamplingOptions.defaults()
            .withTemperature(SAMPLE_TEMPERATURE)
            .withSeed(run.history().step());
    try (Session session = Session.open(run.model(), options)) {
      new Generator(session, sampling)
          .generate(samplePrompt, GenerateOptions.tokens(SAMPLE_TOKENS), text::append);
    }
    return text.toString().strip();
  }

  private void writeLosses() {
    History history = run.history();
    String table = history.toCsv(run.options().shape().tokens());
    OutputFile.write(csv, table.getBytes(StandardCharsets.UTF_8));
    if (!drawn) {
      return;
    }
    try {
      OutputFile.write(chart, LossChart.draw("loss", history, chart.toString()));
    } catch (IOException e) {
      drawn = false;
      progress.line(Printable.of(e.getMessage() + "; the losses are in " + csv));
    }
  }

  /** What came of it. */
  void end(TrainingRun run, EndReason end, Training.Files files) {
    History history = run.history();
    long steps = history.step() - firstStep;
    if (steps > 0) {
      int tokens = run.options().shape().tokens();
      double speed = steps * tokens / seconds;
      double flops =
          speed * TrainingCost.flopsPerToken(run.model(), run.options().shape().context());
      double now = TrainingCost.peakFlops(run.options().threads());
      line("speed", "%.0f tokens/s, %.1f GFLOP/s", speed, flops / 1e9);
      line(
          "peak",
          "%.1f GFLOP/s of f32 multiply-adds on %d threads, before and after; %.0f %% of it used",
          (peak + now) / 2e9,
          run.options().threads(),
          200 * flops / (peak + now));
      line("time", "%s", clock(Duration.ofMillis((long) (seconds * 1000))));
    }
    if (!history.steps().isEmpty()) {
      line("loss", "%.4f", history.steps().getLast().loss());
    }
    History.Evaluation best = history.best();
    if (best != null) {
      float last = history.evaluations().getLast().loss();
      line(
          "validation",
          "%.4f, perplexity %.3f; best %.4f after step %d",
          last,
          Math.exp(last),
          best.loss(),
          best.step());
    }
    line("ended by", "%s", reason(end));
    line("checkpoint", "%s", files.output());
    line("losses", "%s", drawn ? csv + ", " + chart : csv);
    if (end == EndReason.STOPPED) {
      console.note("stopped after step " + history.step() + ": --resume goes on from here");
    }
  }

  private static String reason(EndReason end) {
    return switch (end) {
      case DONE -> "its last step";
      case EARLY_STOPPING -> "early stopping";
      case STOPPED -> "Ctrl-C";
    };
  }

  private static String clock(Duration time) {
    return format("%d:%02d:%02d", time.toHours(), time.toMinutesPart(), time.toSecondsPart());
  }

  private void line(String what, String format, Object... values) {
    console.note(format("%-12s %s", what, format(format, values)));
  }

  private static String format(String format, Object... values) {
    return String.format(Locale.ROOT, format, values);
  }

  @Override
  public void close() {
    progress.close();
  }
}
