package dev.myelin.cli.bench;

import dev.myelin.bench.BenchResult;
import dev.myelin.cli.io.Json;

/** An array of objects. */
final class JsonOutput implements BenchOutput {
  private boolean begun;

  @Override
  public String result(BenchResult result) {
    String before = begun ? ",\n" : "[\n";
    begun = true;
    return before + Json.pretty(BenchFields.json(result)).stripTrailing();
  }

  @Override
  public String end() {
    return begun ? "\n]\n" : "[]\n";
  }
}
