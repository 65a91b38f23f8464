package dev.myelin.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.myelin.generate.Session;
import dev.myelin.generate.SessionOptions;
import dev.myelin.model.Model;
import dev.myelin.testing.Logits;
import dev.myelin.testing.RandomSample;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Sequences that are computed together have the same logits, bit for bit, as alone: for every
 * sample of every architecture that is batch invariant.
 */
class CompanyTest {
  private static final int CONTEXT = 256;
  private static final int[] LENGTHS = {150, 77, 128, 131};
  private static final int LONGEST_PIECE = 40;
  private static final int TIMES = 4;

  @TempDir static Path folder;

  static List<RandomSample> samples() {
    return RandomSample.all();
  }

  @ParameterizedTest
  @MethodSource("samples")
  void companyDoesNotChangeBits(RandomSample sample) throws Exception {
    Path file = sample.write(folder.resolve("sample.gguf"));
    int vocabulary = (int) sample.sample().keys().get("vocab_size");
    try (Model model = Model.load(file)) {
      assumeTrue(model.info().hasLogits(), "has no logits: see FeedTest");
      List<float[][]> alone = new ArrayList<>();
      SessionOptions one = SessionOptions.defaults().withContextLength(CONTEXT).withThreads(1);
      try (Session session = Session.open(model, one)) {
        assumeTrue(session.batchDependence().isEmpty(), "not batch invariant");
        for (int i = 0; i < LENGTHS.length; i++) {
          alone.add(logits(session, tokens(i, vocabulary), encoderTokens(i, vocabulary), 0));
        }
      }
      RuntimeOptions many =
          RuntimeOptions.defaults()
              .withContextLength(CONTEXT)
              .withThreads(1)
              .withSequences(LENGTHS.length);
      try (ModelRuntime runtime = ModelRuntime.open(model, many);
          ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
        List<Future<float[][]>> together = new ArrayList<>();
        for (int i = 0; i < LENGTHS.length; i++) {
          int n = i;
          together.add(
              threads.submit(
                  () -> {
                    try (Session session = Session.open(runtime)) {
                      return logits(
                          session, tokens(n, vocabulary), encoderTokens(n, vocabulary), n + 1);
                    }
                  }));
        }
        for (int i = 0; i < LENGTHS.length; i++) {
          assertSameBits(together.get(i).get(), alone.get(i), sample + ", sequence " + i);
        }
        RuntimeUsage usage = runtime.usage();
        assertThat(usage.steps()).as("steps").isLessThan(usage.pieces());
      }
    }
  }

  private static int[] tokens(int i, int vocabulary) {
    return Logits.randomTokens(LENGTHS[i], vocabulary, 100 + i);
  }

  private static int[] encoderTokens(int i, int vocabulary) {
    return Logits.randomTokens(LENGTHS[LENGTHS.length - 1 - i], vocabulary, 200 + i);
  }

  /**
   * The logits of all tokens; computed several times if it is one piece.
   *
   * @param seed of the cuts; 0 for one piece
   */
  private static float[][] logits(Session session, int[] tokens, int[] encoderTokens, long seed) {
    if (seed != 0 && session.model().info().isOnePass()) {
      for (int i = 1; i < TIMES; i++) {
        logits(session, tokens, encoderTokens, 0);
      }
      return logits(session, tokens, encoderTokens, 0);
    }
    Random random = new Random(seed);
    float[][] rows = new float[tokens.length][];
    session.truncate(0);
    if (session.model().info().hasEncoder()) {
      session.encode(encoderTokens);
    }
    for (int from = 0; from < tokens.length; ) {
      int most = random.nextInt(4) == 0 ? LONGEST_PIECE : 2;
      int to = seed == 0 ? tokens.length : Math.min(tokens.length, from + 1 + random.nextInt(most));
      session.feedAll(
          Arrays.copyOfRange(tokens, from, to),
          (position, logits) -> rows[position] = logits.toArray(ValueLayout.JAVA_FLOAT));
      from = to;
    }
    return rows;
  }

  static void assertSameBits(float[][] actual, float[][] expected, String what) {
    for (int i = 0; i < expected.length; i++) {
      assertThat(Arrays.equals(actual[i], expected[i]))
          .as("%s, bits of position %s", what, i)
          .isTrue();
    }
  }
}
