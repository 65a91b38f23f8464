package dev.myelin.bench;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Energy of the processor packages and their memory by the counters of Linux's powercap (RAPL). A
 * thread reads them at intervals, because the timed part of another process is known only when it
 * is over.
 */
final class EnergyMeter implements AutoCloseable {
  static final Path ROOT = Path.of("/sys/class/powercap");
  private static final long INTERVAL_NANOS = 20_000_000;

  /** A counter in microjoules, which starts again at 0 after its maximum. */
  private static final class Counter {
    private final Path file;
    private final long max;
    private long last;

    Counter(Path zone) throws IOException {
      file = zone.resolve("energy_uj");
      max = number(zone.resolve("max_energy_range_uj"));
      last = number(file);
    }

    long increase() throws IOException {
      long now = number(file);
      long difference = now - last;
      last = now;
      return difference < 0 ? difference + max : difference;
    }
  }

  private record Reading(long time, double joules) {}

  private final List<Counter> counters;
  private final List<Reading> readings = new ArrayList<>();
  private volatile boolean closed;
  private boolean failed;

  private EnergyMeter(List<Counter> counters) {
    this.counters = counters;
    readings.add(new Reading(System.nanoTime(), 0));
    Thread.ofPlatform().daemon().name("myelin-energy").start(this::readRepeatedly);
  }

  /**
   * Starts a meter.
   *
   * @throws IOException with the reason if there are no counters, or they cannot be read
   */
  static EnergyMeter open(Path root) throws IOException {
    List<Counter> counters = new ArrayList<>();
    if (Files.isDirectory(root)) {
      try (DirectoryStream<Path> zones = Files.newDirectoryStream(root, "intel-rapl:*")) {
        for (Path zone : zones) {
          String name = Files.readString(zone.resolve("name")).strip();
          if (name.startsWith("package") || name.equals("dram")) {
            counters.add(new Counter(zone));
          }
        }
      }
    }
    if (counters.isEmpty()) {
      throw new IOException(root + ": no counters of the processor's energy (RAPL)");
    }
    return new EnergyMeter(counters);
  }

  private static long number(Path file) throws IOException {
    try {
      return Long.parseLong(Files.readString(file).strip());
    } catch (NumberFormatException e) {
      throw new IOException(file + ": expected a number", e);
    }
  }

  private void readRepeatedly() {
    while (!closed) {
      LockSupport.parkNanos(INTERVAL_NANOS);
      read();
    }
  }

  private synchronized void read() {
    try {
      double joules = readings.getLast().joules;
      for (Counter counter : counters) {
        joules += counter.increase() / 1e6;
      }
      readings.add(new Reading(System.nanoTime(), joules));
    } catch (IOException e) {
      failed = true;
    }
  }

  /** Forgets what was before. */
  synchronized void reset() {
    Reading last = readings.getLast();
    readings.clear();
    readings.add(last);
  }

  /** Joules per token in these intervals, or null if the counters cannot be read any more. */
  synchronized @Nullable Double joulesPerToken(List<Interval> intervals, int tokens) {
    read();
    double sum = 0;
    for (Interval interval : intervals) {
      sum += at(interval.end()) - at(interval.start());
    }
    return failed ? null : sum / intervals.size() / tokens;
  }

  /** By linear interpolation. */
  private double at(long time) {
    Reading before = readings.getFirst();
    for (Reading reading : readings) {
      if (reading.time - time >= 0) {
        long step = reading.time - before.time;
        double part = step <= 0 ? 0 : Math.clamp((double) (time - before.time) / step, 0, 1);
        return before.joules + part * (reading.joules - before.joules);
      }
      before = reading;
    }
    return before.joules;
  }

  @Override
  public void close() {
    closed = true;
  }
}
