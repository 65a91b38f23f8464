package dev.myelin.cli.bench;

import dev.myelin.bench.BenchResult;

/** A format in which results are printed, one by one as they come. */
interface BenchOutput {
  /** The text of a result, and before the first one what the format begins with. */
  String result(BenchResult result);

  /** Text after the last result. */
  default String end() {
    return "";
  }
}
