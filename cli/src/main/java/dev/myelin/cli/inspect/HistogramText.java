package dev.myelin.cli.inspect;

import dev.myelin.cli.io.TextTable;
import dev.myelin.cli.io.Units;
import dev.myelin.error.Printable;
import dev.myelin.gguf.TensorInfo;
import dev.myelin.inspect.Histogram;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** A histogram as text. */
final class HistogramText {
  /** Bins per line. */
  private static final int BINS_PER_LINE = 4;

  private static final int WIDTH = 50;

  private HistogramText() {}

  static String of(TensorInfo tensor, Optional<Histogram> histogram) {
    String head =
        "%s: %s, %s, %s values\n"
            .formatted(
                Printable.of(tensor.name()),
                tensor.type().ggmlName(),
                shape(tensor),
                Units.grouped(tensor.elements()));
    return head
        + histogram
            .map(h -> h.finite() == 0 ? notes(h) : statistics(h) + notes(h) + bars(h))
            .orElse("ggml cannot dequantize this type\n");
  }

  static String shape(TensorInfo tensor) {
    return tensor.shape().stream().map(String::valueOf).collect(Collectors.joining(" x "));
  }

  private static String statistics(Histogram h) {
    return "min %s, max %s, mean %s, stddev %s, %s zero\n"
        .formatted(
            number(h.min()),
            number(h.max()),
            number(h.mean()),
            number(h.standardDeviation()),
            Units.percent(h.zeros(), h.finite()));
  }

  /** Notes on which values the histogram covers. */
  private static String notes(Histogram h) {
    String notes = "";
    if (h.sampled()) {
      notes += "values read: " + Units.grouped(h.count()) + ", a sample of evenly spaced rows\n";
    }
    if (h.nans() + h.infinities() > 0) {
      notes +=
          "%s NaN, %s infinite, not included below\n"
              .formatted(Units.grouped(h.nans()), Units.grouped(h.infinities()));
    }
    return notes;
  }

  private static TextTable bars(Histogram h) {
    TextTable table = new TextTable("rlr");
    int lines = h.min() == h.max() ? 1 : Histogram.BINS / BINS_PER_LINE;
    List<Long> counts =
        IntStream.range(0, lines)
            .mapToObj(i -> sum(h.bins().subList(i * BINS_PER_LINE, (i + 1) * BINS_PER_LINE)))
            .toList();
    long max = counts.stream().mapToLong(Long::longValue).max().orElse(1);
    if (h.below() > 0) {
      table.row("below", "", Units.grouped(h.below()));
    }
    for (int i = 0; i < lines; i++) {
      double from = h.low() + (h.high() - h.low()) * i / lines;
      int length = (int) Math.ceil((double) counts.get(i) * WIDTH / max);
      table.row(number(from), "#".repeat(length), Units.grouped(counts.get(i)));
    }
    table.row(h.above() > 0 ? "above " + number(h.high()) : number(h.high()), "", above(h));
    return table;
  }

  private static String above(Histogram h) {
    return h.above() > 0 ? Units.grouped(h.above()) : "";
  }

  private static long sum(List<Long> counts) {
    return counts.stream().mapToLong(Long::longValue).sum();
  }

  /** Four digits: {@code 0.02215}, {@code -1.304}, {@code 2.1e-05}. */
  static String number(double value) {
    double size = Math.abs(value);
    if (size == 0) {
      return "0";
    } else if (size < 1e-3 || size >= 1e5) {
      return String.format(Locale.ROOT, "%.3e", value);
    }
    int digits = Math.max(0, 3 - (int) Math.floor(Math.log10(size)));
    return String.format(Locale.ROOT, "%." + digits + "f", value);
  }
}
