package dev.myelin.cli.bench;

import dev.myelin.bench.BenchResult;
import dev.myelin.bench.Samples;
import dev.myelin.cli.io.Units;
import dev.myelin.error.Printable;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Collectors;

/** A Markdown table with columns of fixed width, so that each row can be printed at once. */
final class MarkdownOutput implements BenchOutput {
  private record Column(String name, int width, boolean left, Function<BenchResult, String> cell) {
    String pad(String text) {
      String space = " ".repeat(Math.max(0, width - text.length()));
      return left ? text + space : space + text;
    }

    String rule() {
      return left ? "-".repeat(width) : "-".repeat(width - 1) + ":";
    }
  }

  /** The columns before those of varying settings. */
  private static final List<Column> LEADING =
      List.of(
          left("model", 26, r -> Printable.of(r.target().modelType()).replace("|", "\\|")),
          right("size", 7, r -> Units.bytes(r.target().modelSize())),
          right("params", 6, r -> Units.abbreviated(r.target().parameters())),
          left("engine", 9, BenchResult::engine),
          right("threads", 7, r -> Integer.toString(r.session().threads())));

  private static final Column BATCH = right("batch", 5, r -> Integer.toString(r.session().batch()));
  private static final Column CACHE_TYPE =
      left("cache", 5, r -> r.session().cacheType().type().ggmlName());

  /** The columns after those of varying settings. */
  private static final List<Column> TRAILING =
      List.of(
          left("test", 14, r -> r.test().label()),
          right("t/s", 17, r -> mean(r.samples())),
          right("median", 8, r -> rate(r.samples().medianRate())),
          right("p10 .. p90", 18, r -> range(r.samples())),
          right("ratio", 6, r -> ratio(r, BenchResult.Speedup::medianRatio)),
          right("paired", 6, r -> ratio(r, BenchResult.Speedup::pairedRatio)));

  private final VaryingSettings varying;
  private final List<Column> columns = new ArrayList<>(LEADING);
  private BenchResult last;

  MarkdownOutput(VaryingSettings varied) {
    this.varying = varied;
    if (varied.batch()) {
      columns.add(BATCH);
    }
    if (varied.cacheType()) {
      columns.add(CACHE_TYPE);
    }
    columns.addAll(TRAILING);
  }

  private static Column left(String name, int width, Function<BenchResult, String> cell) {
    return new Column(name, width, true, cell);
  }

  private static Column right(String name, int width, Function<BenchResult, String> cell) {
    return new Column(name, width, false, cell);
  }

  @Override
  public String result(BenchResult result) {
    List<String> lines = new ArrayList<>();
    if (last == null) {
      lines.add(row(column -> column.pad(column.name)));
      lines.add(row(Column::rule));
    }
    last = result;
    lines.add(row(column -> column.pad(column.cell.apply(result))));
    return String.join("", lines);
  }

  @Override
  public String end() {
    return last == null
        ? ""
        : "\n%s, isa %s, %s%s%s, %s repetitions, ggml commit %s%s\n"
            .formatted(
                last.target().cpu(),
                last.target().isa(),
                last.target().cpuLibrary(),
                varying.cacheType() ? "" : ", cache " + last.fields().get("type_k"),
                varying.batch() ? "" : ", batch " + last.session().batch(),
                last.samples().nanoseconds().size(),
                last.target().commit(),
                last.adapters().isEmpty() ? "" : ", adapters " + Printable.of(last.adapters()));
  }

  private String row(Function<Column, String> cell) {
    return columns.stream().map(cell).collect(Collectors.joining(" | ", "| ", " |\n"));
  }

  private static String mean(Samples samples) {
    return rate(samples.meanRate()) + " ± " + rate(samples.rateStddev());
  }

  private static String range(Samples samples) {
    return rate(samples.rateQuantile(0.1)) + " .. " + rate(samples.rateQuantile(0.9));
  }

  private static String rate(double rate) {
    return Units.decimals(rate, 2);
  }

  private static String ratio(BenchResult result, Function<BenchResult.Speedup, Double> value) {
    return result.speedup() == null ? "" : Units.decimals(value.apply(result.speedup()), 3);
  }
}
