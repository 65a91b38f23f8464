package dev.myelin.benches;

/** Validation before timing: a benchmark of wrong results measures nothing. */
final class Checks {
  private Checks() {}

  static void equal(long actual, long expected, Object what) {
    that(actual == expected, what + ": " + actual + ", expected " + expected);
  }

  static void that(boolean holds, String otherwise) {
    if (!holds) {
      throw new IllegalStateException(otherwise);
    }
  }
}
