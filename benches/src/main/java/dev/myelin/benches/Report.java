package dev.myelin.benches;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * What a run measured, for people.
 *
 * @param command how to run it again
 * @param machine what it ran on, name and value
 * @param results of JMH, not empty
 */
record Report(String command, Map<String, String> machine, List<JmhResult> results) {
  /** The chart's file, beside the report. */
  static final String CHART = "kernels.svg";

  /**
   * The page: Markdown, a section a class.
   *
   * @param chart whether {@value #CHART} could be drawn
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
          text.append(some.getFirst().how()).append("\n\n");
          if (name.equals(KernelFigures.NAME)) {
            kernels(text, KernelFigures.of(some), chart);
          } else {
            plain(text, some);
          }
        });
    return text.toString();
  }

  private static void kernels(StringBuilder text, KernelFigures figures, boolean chart) {
    text.append(
        """
        Weights [k, n] times so many positions. "Of memory" is the speed at which weights are read, as a
        fraction of a plain read by as many threads; "of peak" the products and sums of int8, or of f32 for
        weights that are floats, as a fraction of what as many threads do in registers; both measured before each iteration, the best so
        far. Up to %d positions, weights come from memory: an invocation goes through %d MB of them.

        """
            .formatted(KernelBenchmark.FEW, KernelBenchmark.COLD / 1_000_000));
    if (chart) {
      text.append("![Kernels as fractions of the machine's peak](" + CHART + ")\n\n");
    }
    text.append(figures.table());
  }

  /** What is the same in all rows is said once. */
  private static void plain(StringBuilder text, List<JmhResult> results) {
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
    Set<String> others = new TreeSet<>();
    results.forEach(r -> others.addAll(r.others().keySet()));
    List<String> head = new ArrayList<>(varying);
    boolean sameUnit = results.stream().map(JmhResult::unit).distinct().count() == 1;
    head.add(sameUnit ? results.getFirst().unit() : "score");
    head.add("±");
    head.addAll(others);
    MarkdownTable table = new MarkdownTable(head);
    for (JmhResult r : results) {
      List<String> cells = new ArrayList<>();
      for (String name : varying) {
        cells.add(name.equals("benchmark") ? r.method() : r.param(name));
      }
      cells.add(MarkdownTable.number(r.score()) + (sameUnit ? "" : " " + r.unit()));
      cells.add(MarkdownTable.number(r.error()));
      for (String name : others) {
        cells.add(MarkdownTable.number(r.other(name)));
      }
      table.row(cells);
    }
    text.append(table);
  }
}
