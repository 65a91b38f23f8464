package dev.myelin.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/** Measurements of the machine's limits during a test. */
final class LimitLog {
  private record Entry(Interval interval, MachineLimits limits) {}

  private final LongSupplier clock;
  private final List<Entry> entries = new ArrayList<>();

  /**
   * @param clock that of the intervals
   */
  LimitLog(LongSupplier clock) {
    this.clock = clock;
  }

  /** Adds a measurement. */
  void add(Supplier<MachineLimits> measurement) {
    long start = clock.getAsLong();
    MachineLimits limits = measurement.get();
    entries.add(new Entry(new Interval(start, clock.getAsLong()), limits));
  }

  /**
   * The limits at the time of a repetition: the highest of the measurements just before and just
   * after it. Other processes lower a measurement, and the speed of memory may change with time.
   */
  MachineLimits around(Interval repetition) {
    Entry before = null;
    Entry after = null;
    for (Entry entry : entries) {
      if (entry.interval.end() <= repetition.start()) {
        before = entry;
      } else if (after == null && entry.interval.start() >= repetition.end()) {
        after = entry;
      }
    }
    if (before == null || after == null) {
      throw new IllegalArgumentException("no measurement before or after " + repetition);
    }
    return before.limits.max(after.limits);
  }
}
