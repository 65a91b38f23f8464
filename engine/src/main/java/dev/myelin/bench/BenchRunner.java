package dev.myelin.bench;

import dev.myelin.error.InvalidRequestException;
import java.util.List;

/** Runs tests on one engine and times them. Not thread-safe. */
public interface BenchRunner extends AutoCloseable {
  /** The name of the engine in results. */
  String name();

  /**
   * Whether its repetitions alternate with those of the other engines; else all of them follow one
   * another, after the other engines.
   */
  default boolean alternates() {
    return true;
  }

  /**
   * Prepares a test, without timing.
   *
   * @throws InvalidRequestException if the engine cannot run this test
   */
  void prepare(BenchSpec test);

  /** Runs a test and returns the timed part of each repetition. */
  List<Interval> run(BenchSpec test, int repetitions);

  /**
   * Runs a test once in a new process, where the engine supports that by itself.
   *
   * @throws InvalidRequestException if it does not
   */
  default ColdRun coldRun(BenchSpec test) {
    throw new InvalidRequestException(name() + ": cannot be run in a process of its own");
  }

  @Override
  default void close() {}
}
