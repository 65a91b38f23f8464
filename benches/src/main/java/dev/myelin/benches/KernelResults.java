package dev.myelin.benches;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * The results of {@link KernelBenchmark}, grouped by matmul.
 *
 * @param instructionSets in order: best, named ones, ggml
 * @param rows one per matmul
 */
record KernelResults(List<String> instructionSets, List<Row> rows) {
  static final String NAME = KernelBenchmark.class.getSimpleName();

  /** The results of one matmul by instruction set. */
  record Row(
      String type, String shape, int positions, int threads, Map<String, JmhResult> results) {

    /** Fraction of the speed of a plain read; NaN if caches may hold the weights. */
    double readFraction(String set) {
      return positions <= KernelBenchmark.MAX_COLD_POSITIONS
          ? value(set, "readFraction")
          : Double.NaN;
    }

    /** Fraction of the peak; NaN for few positions, which memory limits. */
    double peakFraction(String set) {
      return positions >= KernelBenchmark.MAX_COLD_POSITIONS
          ? value(set, "peakFraction")
          : Double.NaN;
    }

    /** Milliseconds per matmul. */
    double milliseconds(String set) {
      return 1e3 / value(set, "matmuls");
    }

    private double value(String set, String name) {
      JmhResult result = results.get(set);
      return result == null ? Double.NaN : result.secondary(name);
    }
  }

  private record Key(String type, String shape, int positions, int threads) {}

  static KernelResults of(List<JmhResult> all) {
    List<JmhResult> results = all.stream().filter(r -> r.type().equals(NAME)).toList();
    Map<Key, Map<String, JmhResult>> byShape = new LinkedHashMap<>();
    for (JmhResult r : results) {
      Key key =
          new Key(
              r.param("type"),
              r.param("shape"),
              Integer.parseInt(r.param("positions")),
              Integer.parseInt(r.param("threads")));
      byShape.computeIfAbsent(key, k -> new LinkedHashMap<>()).put(r.param("isa"), r);
    }
    List<Row> rows = new ArrayList<>();
    byShape.forEach(
        (k, byIsa) -> rows.add(new Row(k.type, k.shape, k.positions, k.threads, byIsa)));
    // types in the order of the benchmark
    List<String> types = rows.stream().map(Row::type).distinct().toList();
    rows.sort(
        Comparator.comparing((Row row) -> types.indexOf(row.type))
            .thenComparing(Row::shape)
            .thenComparing(Row::threads)
            .thenComparing(Row::positions));
    return new KernelResults(instructionSets(results), List.copyOf(rows));
  }

  private static List<String> instructionSets(List<JmhResult> results) {
    List<String> found = results.stream().map(r -> r.param("isa")).distinct().toList();
    Stream<String> named =
        found.stream()
            .filter(s -> !s.equals(KernelBenchmark.BEST) && !s.equals(KernelBenchmark.GGML));
    return Stream.of(Stream.of(KernelBenchmark.BEST), named, Stream.of(KernelBenchmark.GGML))
        .flatMap(s -> s)
        .filter(found::contains)
        .toList();
  }

  boolean isEmpty() {
    return rows.isEmpty();
  }

  /** An instruction set's name in tables and charts. */
  static String label(String set) {
    return switch (set) {
      case KernelBenchmark.BEST -> "Myelin";
      case KernelBenchmark.GGML -> "ggml";
      default -> "Myelin, " + set;
    };
  }

  /** Milliseconds and fractions, and the speedup over ggml if ggml was measured. */
  MarkdownTable table() {
    List<String> columns = new ArrayList<>(List.of("weights", "n x k", "threads", "positions"));
    for (String set : instructionSets) {
      columns.addAll(List.of(label(set) + ", ms", "of memory", "of peak"));
    }
    String myelin = instructionSets.getFirst();
    boolean hasGgml =
        instructionSets.contains(KernelBenchmark.GGML) && !myelin.equals(KernelBenchmark.GGML);
    if (hasGgml) {
      columns.add("speedup over ggml");
    }
    MarkdownTable table = new MarkdownTable(columns);
    for (Row row : rows) {
      List<String> cells =
          new ArrayList<>(
              List.of(
                  row.type, row.shape, String.valueOf(row.threads), String.valueOf(row.positions)));
      for (String set : instructionSets) {
        cells.add(MarkdownTable.number(row.milliseconds(set)));
        cells.add(MarkdownTable.fraction(row.readFraction(set)));
        cells.add(MarkdownTable.fraction(row.peakFraction(set)));
      }
      if (hasGgml) {
        cells.add(
            MarkdownTable.fraction(
                row.milliseconds(KernelBenchmark.GGML) / row.milliseconds(myelin)));
      }
      table.row(cells);
    }
    return table;
  }
}
