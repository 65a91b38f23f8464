package dev.myelin.benches;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** A Markdown table. */
final class MarkdownTable {
  private final StringBuilder text = new StringBuilder();

  MarkdownTable(List<String> columns) {
    row(columns);
    text.append("|").append("---|".repeat(columns.size())).append('\n');
  }

  void row(List<String> cells) {
    text.append(
        cells.stream()
            .map(cell -> cell.replace("|", "\\|"))
            .collect(Collectors.joining(" | ", "| ", " |\n")));
  }

  void row(String... cells) {
    row(Arrays.asList(cells));
  }

  /** Three significant digits; a dash for NaN and infinities. */
  static String number(double value) {
    if (!Double.isFinite(value)) {
      return "-";
    }
    double size = Math.abs(value);
    if (size != 0 && size < 0.001) {
      return String.format(Locale.ROOT, "%.1e", value);
    }
    int decimals = size >= 100 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : 3;
    return String.format(Locale.ROOT, "%." + decimals + "f", value);
  }

  /** Two decimals; a dash for values that were not measured. */
  static String fraction(double value) {
    return Double.isFinite(value) && value > 0 ? String.format(Locale.ROOT, "%.2f", value) : "-";
  }

  @Override
  public String toString() {
    return text.toString();
  }
}
