package dev.myelin.sampling;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class Xoshiro256Test {
  /** The first values of the published generator from the state 1, 2, 3, 4. */
  @Test
  void matchesPublishedXoshiro256StarStar() {
    Xoshiro256 stream = new Xoshiro256(1, 2, 3, 4);
    assertThat(LongStream.generate(stream::nextLong).limit(6))
        .containsExactly(
            11520L,
            0L,
            1509978240L,
            1215971899390074240L,
            1216172134540287360L,
            607988272756665600L);
  }

  /** The first values of the published SplitMix64 from seed 1234567. */
  @Test
  void seedsWithSplitMix64() {
    long[] expected = {
      6457827717110365317L, 3203168211198807973L, Long.parseUnsignedLong("9817491932198370423")
    };
    long state = 1234567;
    for (long value : expected) {
      state += Xoshiro256.GOLDEN_GAMMA;
      assertThat(Xoshiro256.splitMix(state)).isEqualTo(value);
    }
  }

  /** A change of these values changes the text of every user's seed. */
  @Test
  void seedProducesFixedSequence() {
    Xoshiro256 stream = new Xoshiro256(42);
    assertThat(LongStream.generate(stream::nextLong).limit(3))
        .containsExactly(1546998764402558742L, 6990951692964543102L, -5902157311460992607L);
  }

  @Test
  void doublesAreInUnitInterval() {
    Xoshiro256 stream = new Xoshiro256(7);
    double sum = 0;
    for (int i = 0; i < 100_000; i++) {
      double value = stream.nextDouble();
      assertThat(value).isBetween(0.0, Math.nextDown(1.0));
      sum += value;
    }
    assertThat(sum / 100_000).isBetween(0.495, 0.505);
  }

  @Test
  void reseedRestartsSequence() {
    Xoshiro256 stream = new Xoshiro256(5);
    long first = stream.nextLong();
    stream.nextLong();
    stream.reseed(5);
    assertThat(stream.nextLong()).isEqualTo(first);
  }
}
