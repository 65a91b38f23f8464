package dev.myelin.benches;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * The report of a run.
 *
 * @param command the command that repeats it
 * @param machine the machine, name and value
 * @param results JMH's, not empty
 */
record Report(String command, Map<String, String> machine, List<JmhResult> results) {
  /** File name of the chart, next to the report. */
  static final String CHART = "kernels.svg";

  /**
   * The report as Markdown, one section per benchmark class.
   *
   * @param chart whether {@value #CHART} exists
   */
  String markdown(boolean chart) {
    StringBuilder text = new StringBuilder("# Benchmarks\n\n");
    MarkdownTable about = new MarkdownTable(List.of("", ""));
    about.row("command", "`" + command + "`");
    machine.forEach(about::row);
    text.append(about);
    Map<String, List<JmhResult>> byClass = new LinkedHashMap<>();
    for (JmhResult result : results) {
      byClass.computeIfAbsent(result.type(), k -> new ArrayList<>()).add(result);
    }
    byClass.forEach(
        (name, some) -> {
          text.append("\n## ").append(name).append('\n');
          text.append(some.getFirst().settings()).append("\n\n");
          if (name.equals(KernelResults.NAME)) {
            appendKernels(text, KernelResults.of(some), chart);
          } else {
            appendTable(text, some);
          }
        });
    return text.toString();
  }

  private static void appendKernels(StringBuilder text, KernelResults figures, boolean chart) {
    text.append(
        """
        Weights [k, n] times activations [k, positions]. "Of memory": speed of reading weights as a fraction of a
        plain read by as many threads. "Of peak": int8 operations (f32 for floating-point weights) as a fraction of
        what as many threads do in registers. Both peaks are measured before each iteration; the maximum so far
        counts. Up to %d positions weights come from memory: an invocation reads %d MB of them.

        """
            .formatted(KernelBenchmark.MAX_COLD_POSITIONS, KernelBenchmark.COLD_BYTES / 1_000_000));
    if (chart) {
      text.append("![Kernel speed as a fraction of the machine's peak](" + CHART + ")\n\n");
    }
    text.append(figures.table());
  }

  /** Parameters with the same value in all rows are named once, above the table. */
  private static void appendTable(StringBuilder text, List<JmhResult> results) {
    Map<String, Set<String>> values = new LinkedHashMap<>();
    for (JmhResult result : results) {
      values.computeIfAbsent("benchmark", k -> new TreeSet<>()).add(result.method());
      result
          .params()
          .forEach((name, value) -> values.computeIfAbsent(name, k -> new TreeSet<>()).add(value));
    }
    String constant =
        values.entrySet().stream()
            .filter(e -> e.getValue().size() == 1 && !e.getKey().equals("benchmark"))
            .map(e -> e.getKey() + " = " + e.getValue().iterator().next())
            .collect(Collectors.joining(", "));
    if (!constant.isEmpty()) {
      text.append(constant).append("\n\n");
    }
    List<String> varying =
        values.keySet().stream()
            .filter(name -> values.get(name).size() > 1 || name.equals("benchmark"))
            .toList();
    Set<String> secondary = new TreeSet<>();
    results.forEach(r -> secondary.addAll(r.secondary().keySet()));
    List<String> columns = new ArrayList<>(varying);
    boolean sameUnit = results.stream().map(JmhResult::unit).distinct().count() == 1;
    columns.add(sameUnit ? results.getFirst().unit() : "score");
    columns.add("±");
    columns.addAll(secondary);
    MarkdownTable table = new MarkdownTable(columns);
    for (JmhResult r : results) {
      List<String> cells = new ArrayList<>();
      for (String name : varying) {
        cells.add(name.equals("benchmark") ? r.method() : r.param(name));
      }
      cells.add(MarkdownTable.number(r.score()) + (sameUnit ? "" : " " + r.unit()));
      cells.add(MarkdownTable.number(r.error()));
      for (String name : secondary) {
        cells.add(MarkdownTable.number(r.secondary(name)));
      }
      table.row(cells);
    }
    text.append(table);
  }
}
