package dev.myelin.cli.bench;

import dev.myelin.bench.BenchResult;
import dev.myelin.cli.io.Json;

/** An object a line. */
final class JsonLinesOutput implements BenchOutput {
  @Override
  public String result(BenchResult result) {
    return Json.line(BenchFields.json(result));
  }
}
