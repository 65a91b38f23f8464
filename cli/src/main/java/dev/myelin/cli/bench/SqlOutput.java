package dev.myelin.cli.bench;

import dev.myelin.bench.BenchResult;
import java.util.Map;
import java.util.SequencedMap;
import java.util.stream.Collectors;

/** SQL that creates and fills a table, for SQLite and other databases; without the samples. */
final class SqlOutput implements BenchOutput {
  private static final String TABLE = "myelin_bench";

  private boolean started;

  @Override
  public String result(BenchResult result) {
    SequencedMap<String, Object> fields = BenchFields.scalars(result);
    String create = started ? "" : create(fields);
    started = true;
    String names = String.join(", ", fields.keySet());
    return fields.values().stream()
        .map(SqlOutput::literal)
        .collect(
            Collectors.joining(
                ", ", create + "INSERT INTO " + TABLE + " (" + names + ") VALUES (", ");\n"));
  }

  private static String create(SequencedMap<String, Object> fields) {
    return fields.entrySet().stream()
        .map(SqlOutput::column)
        .collect(
            Collectors.joining(",\n", "CREATE TABLE IF NOT EXISTS " + TABLE + " (\n", "\n);\n\n"));
  }

  private static String column(Map.Entry<String, Object> field) {
    String type =
        switch (field.getValue()) {
          case String text -> "TEXT";
          case Integer number -> "INTEGER";
          case Long number -> "INTEGER";
          case null, default -> "REAL"; // null: what is not measured, and the ratios of Myelin
        };
    return "  " + field.getKey() + " " + type;
  }

  private static String literal(Object value) {
    return switch (value) {
      case null -> "NULL";
      case String text -> "'" + text.replace("'", "''") + "'";
      default -> value.toString();
    };
  }
}
