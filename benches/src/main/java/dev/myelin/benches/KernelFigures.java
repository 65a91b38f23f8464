package dev.myelin.benches;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * The results of {@link KernelBenchmark}, those of a product side by side.
 *
 * @param sets the instruction sets, what engines take first and ggml last
 * @param rows one a product
 */
record KernelFigures(List<String> sets, List<Row> rows) {
  static final String NAME = KernelBenchmark.class.getSimpleName();

  /** The results of one product by instruction set. */
  record Row(
      String type, String shape, int positions, int threads, Map<String, JmhResult> results) {

    /** Fraction of a plain read, NaN where weights need not come from memory. */
    double ofMemory(String set) {
      return positions <= KernelBenchmark.FEW ? value(set, "ofRead") : Double.NaN;
    }

    /** Fraction of the int8 peak, NaN for too few positions to come near. */
    double ofPeak(String set) {
      return positions >= KernelBenchmark.FEW ? value(set, "ofPeak") : Double.NaN;
    }

    /** Milliseconds of a product. */
    double milliseconds(String set) {
      return 1e3 / value(set, "products");
    }

    private double value(String set, String name) {
      JmhResult result = results.get(set);
      return result == null ? Double.NaN : result.other(name);
    }
  }

  private record Key(String type, String shape, int positions, int threads) {}

  static KernelFigures of(List<JmhResult> all) {
    List<JmhResult> results = all.stream().filter(r -> r.type().equals(NAME)).toList();
    Map<Key, Map<String, JmhResult>> products = new LinkedHashMap<>();
    for (JmhResult r : results) {
      Key key =
          new Key(
              r.param("type"),
              r.param("shape"),
              Integer.parseInt(r.param("positions")),
              Integer.parseInt(r.param("threads")));
      products.computeIfAbsent(key, k -> new LinkedHashMap<>()).put(r.param("isa"), r);
    }
    List<Row> rows = new ArrayList<>();
    products.forEach((k, by) -> rows.add(new Row(k.type, k.shape, k.positions, k.threads, by)));
    // types keep their order, which is that of the benchmark
    List<String> types = rows.stream().map(Row::type).distinct().toList();
    rows.sort(
        Comparator.comparing((Row row) -> types.indexOf(row.type))
            .thenComparing(Row::shape)
            .thenComparing(Row::threads)
            .thenComparing(Row::positions));
    return new KernelFigures(sets(results), List.copyOf(rows));
  }

  private static List<String> sets(List<JmhResult> results) {
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

  /** What people call a set. */
  static String title(String set) {
    return switch (set) {
      case KernelBenchmark.BEST -> "Myelin";
      case KernelBenchmark.GGML -> "ggml";
      default -> "Myelin, " + set;
    };
  }

  /** Milliseconds and fractions; with ggml beside ours, how many times faster ours are. */
  MarkdownTable table() {
    List<String> head = new ArrayList<>(List.of("weights", "n x k", "threads", "positions"));
    for (String set : sets) {
      head.addAll(List.of(title(set) + ", ms", "of memory", "of peak"));
    }
    String ours = sets.getFirst();
    boolean both = sets.contains(KernelBenchmark.GGML) && !ours.equals(KernelBenchmark.GGML);
    if (both) {
      head.add("times as fast as ggml");
    }
    MarkdownTable table = new MarkdownTable(head);
    for (Row row : rows) {
      List<String> cells =
          new ArrayList<>(
              List.of(
                  row.type, row.shape, String.valueOf(row.threads), String.valueOf(row.positions)));
      for (String set : sets) {
        cells.add(MarkdownTable.number(row.milliseconds(set)));
        cells.add(MarkdownTable.fraction(row.ofMemory(set)));
        cells.add(MarkdownTable.fraction(row.ofPeak(set)));
      }
      if (both) {
        cells.add(
            MarkdownTable.fraction(
                row.milliseconds(KernelBenchmark.GGML) / row.milliseconds(ours)));
      }
      table.row(cells);
    }
    return table;
  }
}
