package dev.myelin.benches;

/** Checks of results before they are timed. */
final class Checks {
  private Checks() {}

  static void checkEqual(long actual, long expected, Object what) {
    check(actual == expected, what + ": " + actual + ", expected " + expected);
  }

  static void check(boolean condition, String message) {
    if (!condition) {
      throw new IllegalStateException(message);
    }
  }
}
