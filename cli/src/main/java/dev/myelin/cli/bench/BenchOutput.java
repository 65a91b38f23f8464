package dev.myelin.cli.bench;

import dev.myelin.bench.BenchResult;

/** A format that prints results one by one. */
interface BenchOutput {
  /** The text of a result; before the first one also the header. */
  String result(BenchResult result);

  /** The text after the last result. */
  default String end() {
    return "";
  }
}
