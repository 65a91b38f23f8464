package dev.myelin.cli;

import java.util.Iterator;
import java.util.LinkedHashMap;
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

  static String names() {
    return String.join(", ", ALL.keySet());
  }

  /** For help and completion. */
  static final class Names implements Iterable<String> {
    @Override
    public Iterator<String> iterator() {
      return ALL.keySet().iterator();
    }
  }
}
