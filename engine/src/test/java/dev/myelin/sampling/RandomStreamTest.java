package dev.myelin.sampling;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class RandomStreamTest {
  /** The published generator's first values from the state 1, 2, 3, 4. */
  @Test
  void isXoshiro256StarStar() {
    RandomStream stream = new RandomStream(1, 2, 3, 4);
    assertThat(LongStream.generate(stream::nextLong).limit(6))
        .containsExactly(
            11520L,
            0L,
            1509978240L,
            1215971899390074240L,
            1216172134540287360L,
            607988272756665600L);
  }

  /** The published SplitMix64's first values from seed 1234567. */
  @Test
  void isSeededBySplitMix64() {
    long[] expected = {
      6457827717110365317L, 3203168211198807973L, Long.parseUnsignedLong("9817491932198370423")
    };
    long state = 1234567;
    for (long value : expected) {
      state += RandomStream.GOLDEN_GAMMA;
      assertThat(RandomStream.splitMix(state)).isEqualTo(value);
    }
  }

  /** Pins the stream that seeds stand for: a change here changes every user's seeded text. */
  @Test
  void seedsKeepTheirMeaning() {
    RandomStream stream = new RandomStream(42);
    assertThat(LongStream.generate(stream::nextLong).limit(3))
        .containsExactly(1546998764402558742L, 6990951692964543102L, -5902157311460992607L);
  }

  @Test
  void doublesLieInTheUnitInterval() {
    RandomStream stream = new RandomStream(7);
    double sum = 0;
    for (int i = 0; i < 100_000; i++) {
      double value = stream.nextDouble();
      assertThat(value).isBetween(0.0, Math.nextDown(1.0));
      sum += value;
    }
    assertThat(sum / 100_000).isBetween(0.495, 0.505);
  }

  @Test
  void restartBeginsAgain() {
    RandomStream stream = new RandomStream(5);
    long first = stream.nextLong();
    stream.nextLong();
    stream.restart(5);
    assertThat(stream.nextLong()).isEqualTo(first);
  }
}
