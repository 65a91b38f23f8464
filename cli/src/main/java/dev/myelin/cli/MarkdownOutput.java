package dev.myelin.cli;

import dev.myelin.bench.BenchResult;
import dev.myelin.bench.Samples;

/**
 * A table of Markdown for people, in columns of fixed width so that rows can be printed at once.
 */
final class MarkdownOutput implements BenchOutput {
  private static final String ROW =
      "| %-28s | %9s | %9s | %-10s | %7s | %-14s | %18s | %9s | %17s | %6s |%n";

  private BenchResult last;

  @Override
  public String result(BenchResult result) {
    StringBuilder text = new StringBuilder();
    if (last == null) {
      text.append(
          row(
              "model",
              "size",
              "params",
              "engine",
              "threads",
              "test",
              "t/s",
              "median",
              "p10 .. p90",
              "ratio"));
      text.append(
          "| "
              + "-".repeat(28)
              + " | "
              + "-".repeat(8)
              + ": | "
              + "-".repeat(8)
              + ": | "
              + "-".repeat(10)
              + " | "
              + "-".repeat(6)
              + ": | "
              + "-".repeat(14)
              + " | "
              + "-".repeat(17)
              + ": | "
              + "-".repeat(8)
              + ": | "
              + "-".repeat(16)
              + ": | "
              + "-".repeat(5)
              + ": |\n");
    }
    last = result;
    Samples s = result.samples();
    text.append(
        row(
            cell(result.subject().modelType()),
            Units.bytes(result.subject().modelSize()),
            Units.rounded(result.subject().parameters()),
            result.engine(),
            Integer.toString(result.session().threads()),
            result.test().label(),
            rate(s.meanRate()) + " ± " + rate(s.rateDeviation()),
            rate(s.medianRate()),
            rate(s.rateAt(0.1)) + " .. " + rate(s.rateAt(0.9)),
            result.ratio() == null ? "" : Units.decimals(result.ratio(), 3)));
    return text.toString();
  }

  @Override
  public String end() {
    return last == null
        ? ""
        : "%n%s, cache %s, batch %d, %d repetitions, ggml commit %s%n"
            .formatted(
                last.subject().cpu(),
                last.fields().get("type_k"),
                last.session().batch(),
                last.samples().nanoseconds().size(),
                last.subject().commit());
  }

  private static String row(Object... cells) {
    return ROW.formatted(cells).replace(System.lineSeparator(), "\n");
  }

  private static String rate(double rate) {
    return Units.decimals(rate, 2);
  }

  /** Text that does not end the cell or drive the terminal. */
  private static String cell(String text) {
    return dev.myelin.error.Printable.of(text).replace("|", "\\|");
  }
}
