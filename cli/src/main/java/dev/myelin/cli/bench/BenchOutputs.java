package dev.myelin.cli.bench;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/** All output formats. A new one is a class and a line here. */
final class BenchOutputs {
  private static final Map<String, Function<OptionalColumns, BenchOutput>> ALL =
      new LinkedHashMap<>();

  static {
    ALL.put("md", MarkdownOutput::new);
    ALL.put("csv", _ -> new CsvOutput());
    ALL.put("json", _ -> new JsonOutput());
    ALL.put("jsonl", _ -> new JsonLinesOutput());
    ALL.put("sql", _ -> new SqlOutput());
  }

  private BenchOutputs() {}

  /**
   * @param optional columns of a table that are not always there
   */
  static Optional<BenchOutput> of(String format, OptionalColumns optional) {
    return Optional.ofNullable(ALL.get(format)).map(factory -> factory.apply(optional));
  }

  static List<String> names() {
    return List.copyOf(ALL.keySet());
  }
}
