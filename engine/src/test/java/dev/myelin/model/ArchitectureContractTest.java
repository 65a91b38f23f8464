package dev.myelin.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.myelin.bindings.peer.LlamaContext.Output;
import dev.myelin.error.InvalidRequestException;
import dev.myelin.generate.Session;
import dev.myelin.generate.SessionOptions;
import dev.myelin.state.CacheType;
import dev.myelin.testing.Logits;
import dev.myelin.testing.OracleJob;
import dev.myelin.testing.OracleProcess;
import dev.myelin.testing.RandomSample;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What every registered architecture must do: each of its samples, as a model of random f32
 * weights, has the results of libllama at every position. Those are logits; fed whole, 3 tokens or
 * 1 token at a time, after an encoder's tokens if the model has one; only whole if the model sees
 * later tokens. An encoder alone has hidden states, computed in one pass, and the scores of its
 * classification head. The prompt is longer than every window and every original context of the
 * samples. The system property {@code contract} is a regular expression for some architectures
 * only.
 */
class ArchitectureContractTest {
  private static final double BOUND = 1e-6;
  private static final int TOKENS = 150;
  private static final int ENCODER_TOKENS = 141;
  private static final int REWOUND = 70;
  private static final int CONTEXT = 512;

  @TempDir static Path folder;

  @RegisterExtension private static final OracleProcess oracle = new OracleProcess();

  static List<RandomSample> samples() {
    return RandomSample.all();
  }

  @Test
  void everyArchitectureHasSamples() {
    for (String architecture : Architectures.names()) {
      assertThat(ModelDescription.samples(architecture)).as(architecture).isNotEmpty();
    }
  }

  @ParameterizedTest
  @MethodSource("samples")
  void matchesLibllama(RandomSample sample) {
    Path file = sample.write(folder.resolve("sample.gguf"));
    int vocabulary = (int) sample.sample().keys().get("vocab_size");
    int[] tokens = Logits.randomTokens(TOKENS, vocabulary, 17);
    OracleJob job = OracleJob.of(sample.toString(), file, tokens, CONTEXT);
    SessionOptions options =
        SessionOptions.defaults()
            .withContextLength(CONTEXT)
            .withThreads(1)
            .withCacheType(CacheType.F32);
    StringBuilder report = new StringBuilder("contract: " + sample);
    try (Model model = Model.load(file);
        Session session = Session.open(model, options)) {
      if (model.info().hasLogits() && model.info().isOnePass()) {
        compareWhole(session, job, report);
      } else if (model.info().hasLogits()) {
        compareLogits(session, job, vocabulary, report);
      } else {
        compareEmbeddings(session, job, report);
      }
    }
    System.out.println(report);
  }

  private static void compareLogits(
      Session session, OracleJob job, int vocabulary, StringBuilder report) {
    if (session.model().info().hasEncoder()) {
      int[] source = Logits.randomTokens(ENCODER_TOKENS, vocabulary, 18);
      job = job.withEncoderTokens(source);
      session.encode(source);
    }
    Logits expected = oracle.run(job).logits();
    Optional<String> dependence = session.batchDependence();
    Logits whole = null;
    for (int chunk : new int[] {TOKENS, 3, 1}) {
      session.truncate(0);
      Logits actual = Logits.myelin(session, job.tokens(), chunk);
      check(job + ", " + chunk + " at a time", actual, expected);
      report.append("; %s at a time %.1e".formatted(chunk, actual.nmse(expected)));
      whole = whole == null ? actual : whole;
      if (dependence.isEmpty()) {
        assertSameBits(job + ", " + chunk + " at a time", actual, whole);
      }
    }
    check(job + ", after a rewind", rewound(session, job.tokens(), whole), expected);
    report.append(dependence.map(o -> "; not batch invariant: " + o).orElse("; batch invariant"));
  }

  /** The logits of a model that sees later tokens too, fed whole; in parts it is refused. */
  private static void compareWhole(Session session, OracleJob job, StringBuilder report) {
    Logits expected = oracle.run(job).logits();
    Logits whole = Logits.myelin(session, job.tokens(), TOKENS);
    check(job + ", whole", whole, expected);
    report.append("; whole %.1e".formatted(whole.nmse(expected)));
    assertThatThrownBy(() -> session.feed(1))
        .isInstanceOf(InvalidRequestException.class)
        .hasMessageContaining("in one pass");
    session.truncate(0);
    assertSameBits(job + ", again", Logits.myelin(session, job.tokens(), TOKENS), whole);
  }

  private static void assertSameBits(String what, Logits actual, Logits expected) {
    for (int i = 0; i < expected.rows().length; i++) {
      assertThat(Arrays.equals(actual.rows()[i], expected.rows()[i]))
          .as("%s, bits of position %s", what, i)
          .isTrue();
    }
  }

  /** The same logits, those from {@link #REWOUND} on computed again after a rewind. */
  private static Logits rewound(Session session, int[] tokens, Logits all) {
    session.truncate(REWOUND);
    int[] tail = Arrays.copyOfRange(tokens, REWOUND, tokens.length);
    float[][] rows = all.rows().clone();
    float[][] again = Logits.myelin(session, tail, tail.length).rows();
    System.arraycopy(again, 0, rows, REWOUND, again.length);
    return new Logits(rows);
  }

  private static void compareEmbeddings(Session session, OracleJob job, StringBuilder report) {
    float[][] hidden = new float[TOKENS][];
    session.feedHidden(job.tokens(), (position, row) -> hidden[position] = Logits.copy(row));
    Logits expected = oracle.run(job.withOutput(Output.EMBEDDINGS)).logits();
    check(job + ", hidden states", new Logits(hidden), expected);
    report.append("; hidden states %.1e".formatted(new Logits(hidden).nmse(expected)));
    if (session.model().info().hasScores()) {
      float[] scores = session.feedScores(job.tokens()).toArray(ValueLayout.JAVA_FLOAT);
      Logits ranked = oracle.run(job.withOutput(Output.RANK)).logits();
      assertThat(scores).hasSameSizeAs(ranked.rows()[0]);
      check(job + ", scores", new Logits(new float[][] {scores}), ranked);
      report.append("; %s scores".formatted(scores.length));
    }
  }

  private static void check(String what, Logits actual, Logits expected) {
    assertThat(actual.nmse(expected)).as(what).isLessThanOrEqualTo(BOUND);
  }
}
