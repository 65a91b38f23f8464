package dev.myelin.cli.bench;

import dev.myelin.bench.BenchResult;
import dev.myelin.bench.MachineLimits;
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

  /** The columns before those of optional settings. */
  private static final List<Column> LEADING =
      List.of(
          left("model", 26, r -> Printable.of(r.target().modelType()).replace("|", "\\|")),
          right("size", 7, r -> Units.bytes(r.target().modelSize())),
          right("params", 6, r -> Units.abbreviated(r.target().parameters())),
          left("engine", 12, BenchResult::engine),
          right("threads", 7, r -> Integer.toString(r.session().threads())));

  private static final Column BATCH = right("batch", 5, r -> Integer.toString(r.session().batch()));
  private static final Column CACHE_TYPE =
      left("cache", 5, r -> r.session().cacheType().type().ggmlName());

  /** Named as by llama-batched-bench. */
  private static final Column SEQUENCES = right("B", 4, r -> Integer.toString(r.test().parallel()));

  private static final Column SPEED = left("speed", 5, MarkdownOutput::speed);

  /** The columns after those of optional settings. */
  private static final List<Column> TRAILING =
      List.of(
          left("test", 14, r -> r.test().name()),
          right("t/s", 17, r -> mean(r.samples())),
          right("median", 8, r -> rate(r.samples().medianRate())),
          right("p10 .. p90", 18, r -> range(r.samples())));

  private static final List<Column> RESOURCES =
      List.of(
          right("1st token", 9, r -> milliseconds(r.resources().firstTokenNanos())),
          right("memory", 7, r -> bytes(r.resources().peakBytes())),
          right("J/token", 7, r -> joules(r.resources().joulesPerToken())));

  private static final Column LIMIT =
      right("of limit", 8, r -> Units.decimals(r.limits().share(), 3));

  private static final List<Column> WAITS =
      List.of(
          right("steps", 5, r -> r.longestWait() == null ? "" : "" + r.longestWait().steps()),
          right("longest wait", 12, MarkdownOutput::wait));

  private static final List<Column> RATIOS =
      List.of(
          right("ratio", 6, r -> ratio(r, BenchResult.Speedup::medianRatio)),
          right("paired", 6, r -> ratio(r, BenchResult.Speedup::pairedRatio)));

  private final OptionalColumns optional;
  private final List<Column> columns = new ArrayList<>(LEADING);
  private BenchResult first;

  /** The highest of all results. */
  private MachineLimits limits = new MachineLimits(0, 0, 0);

  MarkdownOutput(OptionalColumns optional) {
    this.optional = optional;
    if (optional.batch()) {
      columns.add(BATCH);
    }
    if (optional.cacheType()) {
      columns.add(CACHE_TYPE);
    }
    if (optional.parallel()) {
      columns.add(SEQUENCES);
    }
    columns.addAll(TRAILING);
    if (optional.resources()) {
      columns.addAll(RESOURCES);
    }
    if (optional.limits()) {
      columns.add(LIMIT);
    }
    if (optional.parallel()) {
      columns.add(columns.size() - TRAILING.size() + 1, SPEED);
      columns.addAll(WAITS);
    } else {
      columns.addAll(RATIOS); // to other engines
    }
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
    if (first == null) {
      first = result;
      lines.add(row(column -> column.pad(column.name)));
      lines.add(row(Column::rule));
    }
    if (result.limits() != null) {
      limits = limits.max(result.limits().limits());
    }
    lines.add(row(column -> column.pad(column.cell.apply(result))));
    return String.join("", lines);
  }

  @Override
  public String end() {
    return first == null
        ? ""
        : "\n%s, isa %s, %s%s%s, %s repetitions, ggml commit %s%s\n%s"
            .formatted(
                first.target().cpu(),
                first.target().isa(),
                first.target().cpuLibrary(),
                optional.cacheType() ? "" : ", cache " + first.fields().get("type_k"),
                optional.batch() ? "" : ", batch " + first.session().batch(),
                first.samples().nanoseconds().size(),
                first.target().commit(),
                first.adapters().isEmpty() ? "" : ", adapters " + Printable.of(first.adapters()),
                limitsLine());
  }

  private String limitsLine() {
    List<String> parts = new ArrayList<>();
    if (limits.bandwidth() > 0) {
      parts.add("memory " + Units.decimals(limits.bandwidth() * 1e-9, 2) + " GB/s");
    }
    if (limits.int8Ops() > 0) {
      parts.add(
          "int8 %s Tops/s, f32 %s Tops/s"
              .formatted(
                  Units.decimals(limits.int8Ops() * 1e-12, 2),
                  Units.decimals(limits.f32Ops() * 1e-12, 2)));
    }
    return parts.isEmpty() ? "" : "limits: " + String.join("; ", parts) + "\n";
  }

  private String row(Function<Column, String> cell) {
    return columns.stream().map(cell).collect(Collectors.joining(" | ", "| ", " |\n"));
  }

  /** The name of the rate in llama-batched-bench. */
  private static String speed(BenchResult result) {
    return result.test().generated() == 0 ? "S_PP" : result.test().prompt() == 0 ? "S_TG" : "S";
  }

  private static String wait(BenchResult result) {
    return milliseconds(result.longestWait() == null ? null : result.longestWait().nanoseconds());
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
    Double ratio = result.speedup() == null ? null : value.apply(result.speedup());
    return ratio == null ? "" : Units.decimals(ratio, 3);
  }

  private static String milliseconds(Long nanoseconds) {
    return nanoseconds == null ? "" : Units.grouped(Math.round(nanoseconds / 1e6)) + " ms";
  }

  private static String bytes(Long number) {
    return number == null ? "" : Units.bytes(number);
  }

  private static String joules(Double number) {
    return number == null ? "" : Units.decimals(number, 3);
  }
}
