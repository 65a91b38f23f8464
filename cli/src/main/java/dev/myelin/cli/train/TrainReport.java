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

/** Prints the progress of a run and writes its losses to files. */
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
  private boolean drawsChart = true;

  TrainReport(Console console, Path csv, Path chart, int sampleEvery, String samplePrompt) {
    this.console = console;
    this.csv = csv;
    this.chart = chart;
    this.sampleEvery = sampleEvery;
    this.samplePrompt = samplePrompt;
  }

  /** The files that it writes, by the names of their options. */
  Map<String, Path> files() {
    Map<String, Path> files = new LinkedHashMap<>();
    files.put("--csv", csv);
    files.put("--chart", chart);
    return files;
  }

  void tokenizer(TrainedVocabulary vocabulary) {
    print("tokenizer", "%s, %s tokens", vocabulary.kind().shortName(), vocabulary.size());
  }

  void begin(TrainingRun run) {
    this.run = run;
    firstStep = run.history().step();
    print(
        "parameters",
        "%s, %s trainable",
        Units.grouped(run.model().weights().values().stream().mapToLong(t -> t.elements()).sum()),
        Units.grouped(run.parameters()));
    String trained =
        run.targetTokens() == run.trainingTokens()
            ? ""
            : ", " + Units.grouped(run.targetTokens()) + " trained on";
    print(
        "text",
        "%s tokens%s; %s for validation",
        Units.grouped(run.trainingTokens()),
        trained,
        Units.grouped(run.validationTokens()));
    print(
        "steps",
        "%s of %d x %d tokens, %.2f epochs",
        Units.grouped(run.options().steps()),
        run.options().shape().sequences(),
        run.options().shape().context(),
        run.options().steps() / (double) run.stepsPerEpoch());
    if (firstStep > 0) {
      print("resumed", "after step %d", firstStep);
    }
    peak = TrainingCost.peakFlops(run.options().threads());
    progress = Progress.of(console, "training", run.options().steps(), " steps");
    progress.stepTo(firstStep);
  }

  @Override
  public void step(History.Step step) {
    seconds += step.seconds();
    progress.setMessage(
        format(
            "loss %.3f, %.0f tokens/s",
            step.loss(), run.options().shape().tokens() / step.seconds()));
    progress.stepTo(step.step());
  }

  @Override
  public void evaluated(History.Evaluation evaluation) {
    History history = run.history();
    String loss =
        history.steps().isEmpty() ? "" : format("loss %.4f, ", history.steps().getLast().loss());
    progress.println(
        format("step %6d  %svalidation %.4f", evaluation.step(), loss, evaluation.loss()));
    writeLosses();
    boolean due = sampleEvery > 0 && history.evaluations().size() % sampleEvery == 0;
    if (due) {
      progress.println("  " + sample().replace("\n", "\n  "));
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
    if (!drawsChart) {
      return;
    }
    try {
      OutputFile.write(chart, LossChart.draw("loss", history, chart.toString()));
    } catch (IOException e) {
      drawNoChart(Printable.of(e.getMessage()));
    } catch (NoClassDefFoundError e) { // an image for devices
      drawNoChart("no chart: this image has no java.desktop");
    }
  }

  private void drawNoChart(String reason) {
    drawsChart = false;
    progress.println(reason + "; the losses are in " + csv);
  }

  /** Prints the result. */
  void end(TrainingRun run, EndReason end, Training.Files files) {
    History history = run.history();
    long steps = history.step() - firstStep;
    if (steps > 0) {
      int tokens = run.options().shape().tokens();
      double speed = steps * tokens / seconds;
      double flops =
          speed * TrainingCost.flopsPerToken(run.model(), run.options().shape().context());
      double now = TrainingCost.peakFlops(run.options().threads());
      print("speed", "%.0f tokens/s, %.1f GFLOP/s", speed, flops / 1e9);
      print(
          "peak",
          "%.1f GFLOP/s f32 peak on %d threads; %.0f %% of it used",
          (peak + now) / 2e9,
          run.options().threads(),
          200 * flops / (peak + now));
      print("time", "%s", duration(Duration.ofMillis((long) (seconds * 1000))));
    }
    if (!history.steps().isEmpty()) {
      print("loss", "%.4f", history.steps().getLast().loss());
    }
    History.Evaluation best = history.best();
    if (best != null) {
      float last = history.evaluations().getLast().loss();
      print(
          "validation",
          "%.4f, perplexity %.3f; best %.4f after step %d",
          last,
          Math.exp(last),
          best.loss(),
          best.step());
    }
    print("stopped by", "%s", reason(end));
    print("checkpoint", "%s", files.output());
    print("losses", "%s", drawsChart ? csv + ", " + chart : csv);
    if (end == EndReason.STOPPED) {
      console.note("stopped after step " + history.step() + ": --resume continues the run");
    }
  }

  private static String reason(EndReason end) {
    return switch (end) {
      case DONE -> "last step";
      case EARLY_STOPPING -> "early stopping";
      case STOPPED -> "Ctrl-C";
    };
  }

  private static String duration(Duration time) {
    return format("%d:%02d:%02d", time.toHours(), time.toMinutesPart(), time.toSecondsPart());
  }

  private void print(String name, String format, Object... values) {
    console.note(format("%-12s %s", name, format(format, values)));
  }

  private static String format(String format, Object... values) {
    return String.format(Locale.ROOT, format, values);
  }

  @Override
  public void close() {
    progress.close();
  }
}
