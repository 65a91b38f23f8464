package dev.myelin.cli.bench;

import dev.myelin.bench.BenchResult;
import java.util.SequencedMap;
import java.util.stream.Collectors;

/** Comma-separated values (RFC 4180, every value in quotes), without the samples. */
final class CsvOutput implements BenchOutput {
  private boolean begun;

  @Override
  public String result(BenchResult result) {
    SequencedMap<String, Object> fields = BenchFields.single(result);
    String header = begun ? "" : String.join(",", fields.keySet()) + "\n";
    begun = true;
    return fields.values().stream()
        .map(CsvOutput::quoted)
        .collect(Collectors.joining(",", header, "\n"));
  }

  private static String quoted(Object value) {
    return value == null ? "" : '"' + value.toString().replace("\"", "\"\"") + '"';
  }
}
