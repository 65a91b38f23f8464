package dev.myelin.cli.bench;

import dev.myelin.bench.BenchResult;
import java.util.SequencedMap;
import java.util.stream.Collectors;

/** Comma-separated values (RFC 4180, every value in quotes), without the samples. */
final class CsvOutput implements BenchOutput {
  private boolean started;

  @Override
  public String result(BenchResult result) {
    SequencedMap<String, Object> fields = BenchFields.scalars(result);
    String header = started ? "" : String.join(",", fields.keySet()) + "\n";
    started = true;
    return fields.values().stream()
        .map(CsvOutput::quote)
        .collect(Collectors.joining(",", header, "\n"));
  }

  private static String quote(Object value) {
    return value == null ? "" : '"' + value.toString().replace("\"", "\"\"") + '"';
  }
}
