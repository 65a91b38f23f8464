package dev.myelin.cli.bench;

import dev.myelin.bench.BenchResult;
import dev.myelin.cli.io.Json;

/** One JSON object per line. */
final class JsonLinesOutput implements BenchOutput {
  @Override
  public String result(BenchResult result) {
    return Json.compact(BenchFields.toJson(result));
  }
}
