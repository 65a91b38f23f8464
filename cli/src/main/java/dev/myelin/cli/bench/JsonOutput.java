package dev.myelin.cli.bench;

import dev.myelin.bench.BenchResult;
import dev.myelin.cli.io.Json;

/** A JSON array of objects. */
final class JsonOutput implements BenchOutput {
  private boolean started;

  @Override
  public String result(BenchResult result) {
    String prefix = started ? ",\n" : "[\n";
    started = true;
    return prefix + Json.pretty(BenchFields.toJson(result)).stripTrailing();
  }

  @Override
  public String end() {
    return started ? "\n]\n" : "[]\n";
  }
}
