package dev.myelin.cli;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/** Every format of results; a new one is a class and a line here. */
final class BenchOutputs {
  private static final Map<String, Supplier<BenchOutput>> ALL = new LinkedHashMap<>();

  static {
    ALL.put("md", MarkdownOutput::new);
    ALL.put("csv", CsvOutput::new);
    ALL.put("json", JsonOutput::new);
    ALL.put("jsonl", JsonLinesOutput::new);
    ALL.put("sql", SqlOutput::new);
  }

  private BenchOutputs() {}

  static Optional<BenchOutput> of(String format) {
    return Optional.ofNullable(ALL.get(format)).map(Supplier::get);
  }

  static List<String> names() {
    return List.copyOf(ALL.keySet());
  }
}
