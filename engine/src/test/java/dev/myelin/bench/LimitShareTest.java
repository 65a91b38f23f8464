package dev.myelin.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.myelin.bench.ModelWork.Operations;
import dev.myelin.plan.MachinePeak;
import java.lang.foreign.Arena;
import java.util.List;
import org.junit.jupiter.api.Test;

class LimitShareTest {
  private long now;

  private final LimitLog log = new LimitLog(() -> now);

  private Interval turn(long nanoseconds) {
    now += nanoseconds;
    return new Interval(now - nanoseconds, now);
  }

  private void measure(MachineLimits limits) {
    log.add(
        () -> {
          now += 7;
          return limits;
        });
  }

  private static MachineLimits bandwidth(double value) {
    return new MachineLimits(value, 0, 0);
  }

  @Test
  void comparesWithTheHighestOfBeforeAndAfter() {
    measure(bandwidth(10));
    Interval first = turn(50);
    measure(new MachineLimits(30, 5, 0));
    Interval second = turn(50);
    measure(new MachineLimits(20, 1, 2));
    assertThat(log.around(first)).isEqualTo(new MachineLimits(30, 5, 0));
    assertThat(log.around(second)).isEqualTo(new MachineLimits(30, 5, 2));
    assertThatThrownBy(() -> log.around(turn(50))).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void severalRepetitionsMayFollowOneAnother() {
    measure(bandwidth(10));
    List<Interval> turns = List.of(turn(5), turn(5), turn(5));
    measure(bandwidth(20));
    assertThat(turns).allMatch(t -> log.around(t).bandwidth() == 20);
  }

  @Test
  void shareIsTheMedian() {
    ModelWork work = new ModelWork(400, 0, new Operations(30, 3), Operations.NONE);
    measure(bandwidth(1000));
    Interval half = turn(8_000_000_000L);
    measure(bandwidth(1000));
    Interval all = turn(4_000_000_000L);
    measure(bandwidth(500));
    Interval quarter = turn(32_000_000_000L);
    measure(bandwidth(500));
    LimitShare share =
        LimitShare.of(work, new BenchSpec(0, 10, 0), List.of(half, all, quarter), log);
    assertThat(share).isEqualTo(new LimitShare(0.5, bandwidth(1000), 400, 0, 0));
  }

  @Test
  void promptsCountOperations() {
    ModelWork work = new ModelWork(400, 0, new Operations(30, 3), new Operations(20, 0));
    MachineLimits limits = new MachineLimits(0, 32, 3);
    measure(limits);
    Interval turn = turn(40_000_000_000L);
    measure(limits);
    LimitShare share = LimitShare.of(work, new BenchSpec(10, 0, 0), List.of(turn), log);
    assertThat(share).isEqualTo(new LimitShare(0.5, limits, 0, 32, 3));
  }

  @Test
  void measuresWhatATestNeeds() {
    ModelWork work = new ModelWork(1, 1, Operations.NONE, Operations.NONE);
    try (LimitMeter meter = new LimitMeter(work, 2)) {
      meter.start(new BenchSpec(1, 0, 0));
      MachineLimits prompt = meter.limits();
      assertThat(prompt.bandwidth()).isZero();
      assertThat(prompt.int8Ops()).isBetween(1e7, 1e15);
      assertThat(prompt.f32Ops()).isBetween(1e7, 1e15);
      meter.start(new BenchSpec(0, 1, 0));
      MachineLimits generation = meter.limits();
      assertThat(generation.bandwidth()).isBetween(1e7, 1e13);
      assertThat(generation.int8Ops() + generation.f32Ops()).isZero();
    }
  }

  @Test
  void threadsReadDifferentMemory() {
    try (MachinePeak peak = new MachinePeak(3);
        Arena arena = Arena.ofShared()) {
      var memory = peak.allocate(arena, 50 << 20);
      assertThat(memory)
          .hasSize(3 * 4)
          .allMatch(s -> s.byteSize() == 4 << 20)
          .doesNotHaveDuplicates();
      assertThat(peak.readBandwidth(memory)).isPositive();
      assertThat(peak.readBandwidth(memory.subList(0, 1))).isPositive();
    }
  }
}
