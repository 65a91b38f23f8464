package dev.myelin.cli.train;

import dev.myelin.cli.command.Subcommand;
import dev.myelin.cli.io.Console;
import java.nio.file.Path;

/** What a run reports: samples, and files with the losses. */
final class TrainReportOptions {
  private final Subcommand.Value<Integer> sampleEvery;
  private final Subcommand.Value<String> samplePrompt;
  private final Subcommand.Value<Path> csv;
  private final Subcommand.Value<Path> chart;

  TrainReportOptions(Subcommand command) {
    sampleEvery =
        command.option(
            int.class,
            0,
            "N",
            "Print a text sample at every N-th evaluation, 0 for none (default: 0).",
            "--sample-every");
    samplePrompt =
        command.option(
            String.class,
            "Once upon a time",
            "TEXT",
            "Prompt of the samples (default: ${DEFAULT-VALUE}).",
            "--sample-prompt");
    csv =
        command.option(
            Path.class, null, "FILE", "CSV file with the losses (default: NAME.csv).", "--csv");
    chart =
        command.option(
            Path.class,
            null,
            "FILE",
            "Chart of the losses, .svg or .png (default: NAME.svg).",
            "--chart");
  }

  TrainReport open(Console console, Path output) {
    String name = output.getFileName().toString();
    String stem = name.endsWith(".gguf") ? name.substring(0, name.length() - 5) : name;
    return new TrainReport(
        console,
        csv.isSet() ? csv.get() : output.resolveSibling(stem + ".csv"),
        chart.isSet() ? chart.get() : output.resolveSibling(stem + ".svg"),
        sampleEvery.get(),
        samplePrompt.get());
  }
}
