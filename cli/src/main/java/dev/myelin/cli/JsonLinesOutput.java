package dev.myelin.cli;

import dev.myelin.bench.BenchResult;

/** An object a line. */
final class JsonLinesOutput implements BenchOutput {
  @Override
  public String result(BenchResult result) {
    return Json.line(BenchFields.json(result));
  }
}
