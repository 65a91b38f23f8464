package dev.myelin.train;

import static dev.myelin.testing.RandomModel.Feature.BIASES;
import static dev.myelin.testing.RandomModel.Feature.EXPERTS;
import static dev.myelin.testing.RandomModel.Feature.FUSED_QKV;
import static dev.myelin.testing.RandomModel.Feature.ROPE_FREQS;
import static dev.myelin.testing.RandomModel.Feature.TIED;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.data.Offset.offset;

import dev.myelin.error.MyelinException;
import dev.myelin.generate.Session;
import dev.myelin.gguf.GgufFile;
import dev.myelin.graph.Backend;
import dev.myelin.graph.Graph;
import dev.myelin.graph.Tensor;
import dev.myelin.graph.TrainingBuilder;
import dev.myelin.model.Model;
import dev.myelin.testing.Logits;
import dev.myelin.testing.RandomModel;
import dev.myelin.testing.RandomModel.Shape;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Gradients of whole models: the loss matches the logits of sessions, and the gradient of every
 * weight matches finite differences along a random direction.
 */
class ModelGradientTest {
  private static final Shape TINY = new Shape(2, 64, 4, 2, 16, 96, 320, 64);
  private static final BatchShape BATCH = new BatchShape(3, 12);

  private static Backend backend;

  /**
   * @param step step of the finite difference; small if a router would choose other experts
   * @param masked whether some tokens are excluded from the loss
   */
  private record Case(String name, RandomModel model, float step, boolean masked) {
    Case(String name, RandomModel model) {
      this(name, model, 0.02f, false);
    }

    Case withMask() {
      return new Case(name + ", masked", model, step, true);
    }

    @Override
    public String toString() {
      return name;
    }
  }

  static List<Case> models() {
    RandomModel llama = RandomModel.small("llama").withShape(TINY);
    RandomModel qwen2 = RandomModel.small("qwen2").withShape(TINY);
    RandomModel qwen3 = RandomModel.small("qwen3").withShape(TINY);
    return List.of(
        new Case("llama", llama),
        new Case("llama tied, rope factors", llama.with(TIED, ROPE_FREQS)),
        new Case("llama with biases", llama.with(BIASES)),
        new Case("llama, q k v fused", llama.with(FUSED_QKV)),
        new Case("llama with experts", llama.with(EXPERTS), 0.001f, false),
        new Case("llama", llama.with(FUSED_QKV, BIASES)).withMask(),
        new Case("llama with experts", llama.with(EXPERTS, TIED), 0.001f, true),
        new Case("qwen2 with an output's bias", qwen2.with(BIASES)).withMask(),
        new Case("qwen2", qwen2),
        new Case("qwen2 tied", qwen2.with(TIED)),
        new Case("qwen3", qwen3));
  }

  @BeforeAll
  static void open() {
    backend = Backend.cpu(1);
  }

  @AfterAll
  static void close() {
    backend.close();
  }

  private static Model copy(RandomModel model) {
    return Model.loadTrainable(GgufFile.of(Path.of("random.gguf"), model.writer().toBytes()));
  }

  /** Random tokens; in a masked case half of them are excluded from the loss. */
  private static int[] windows(Case test, int vocabulary) {
    int[] windows = Logits.randomTokens(BATCH.sequences() * BATCH.windowLength(), vocabulary, 5);
    Random random = new Random(6);
    for (int i = 0; i < windows.length && test.masked; i++) {
      windows[i] = random.nextBoolean() ? ~windows[i] : windows[i];
    }
    return windows;
  }

  private static int[] ids(int[] windows) {
    return Arrays.stream(windows).map(id -> id < 0 ? ~id : id).toArray();
  }

  @ParameterizedTest
  @MethodSource("models")
  void lossMatchesSessionLogits(Case test) {
    try (Model model = copy(test.model);
        TrainingGraph graph =
            TrainingGraph.loss(model.network(), model.info(), BATCH, test.masked)) {
      int vocabulary = model.info().vocabulary();
      int[] windows = windows(test, vocabulary);
      double sum = 0;
      for (int s = 0; s < BATCH.sequences(); s++) {
        sum += sessionLoss(model, windows, s * BATCH.windowLength());
      }
      float loss = graph.loss(backend, windows);
      if (test.masked) {
        assertThat(graph.targetCount()).isBetween(8, BATCH.tokens() - 8);
      } else {
        assertThat(graph.targetCount()).isEqualTo(BATCH.tokens());
      }
      assertThat((double) loss).isCloseTo(sum / graph.targetCount(), offset(2e-3));
    }
  }

  @Test
  void fullyMaskedBatchHasNoGradient() {
    RandomModel random = RandomModel.small("qwen2").withShape(TINY).with(BIASES);
    try (Model model = copy(random);
        Moments moments = new Moments(model.weights().values());
        TrainingGraph graph =
            TrainingGraph.step(
                model.network(),
                model.info(),
                BATCH,
                true,
                model.weights().values(),
                moments,
                1f)) {
      int[] windows =
          Logits.randomTokens(BATCH.sequences() * BATCH.windowLength(), TINY.vocabulary(), 5);
      int[] masked = Arrays.stream(windows).map(id -> ~id).toArray();
      AdamW plain = new AdamW(1e-2f, 1e-2f, 0, 0.9f, 0.95f, 1e-8f, 0, 1f);
      TrainingGraph.Result nothing = graph.step(backend, masked, plain, 1, 2);
      assertThat(nothing.loss()).isZero();
      assertThat(nothing.gradientNorm()).isZero();
      masked[5] = windows[5]; // one target is enough
      TrainingGraph.Result one = graph.step(backend, masked, plain, 2, 2);
      assertThat(one.loss()).isPositive();
      assertThat(one.gradientNorm()).isPositive();
    }
  }

  /** Sum of -log p of the next tokens, from the logits of a session. */
  private static double sessionLoss(Model model, int[] windows, int from) {
    double[] sum = new double[1];
    try (Session session = Session.open(model)) {
      int[] tokens = Arrays.copyOfRange(ids(windows), from, from + BATCH.context());
      session.feedAll(
          tokens,
          (position, logits) -> {
            float[] row = logits.toArray(ValueLayout.JAVA_FLOAT);
            double total = 0;
            for (float x : row) {
              total += Math.exp(x);
            }
            int next = windows[from + position + 1];
            sum[0] += next < 0 ? 0 : Math.log(total) - row[next];
          });
    }
    return sum[0];
  }

  @ParameterizedTest
  @MethodSource("models")
  void gradientsMatchFiniteDifferences(Case test) {
    try (Model model = copy(test.model);
        BatchInputs inputs = new BatchInputs(BATCH, model.info().vocabulary())) {
      List<Tensor> weights = new ArrayList<>(model.weights().values());
      weights.removeIf(t -> t.name().startsWith("rope_"));
      TrainingBuilder g = new TrainingBuilder();
      weights.forEach(g::addParameter);
      TrainingPass pass = new TrainingPass(g, inputs, test.masked);
      model.network().forward(pass);
      Tensor logits = pass.logits();
      Tensor loss = g.crossEntropy(logits, inputs.labels());
      List<Tensor> gradients =
          g.differentiate(test.masked ? g.multiply(loss, inputs.lossScale()) : loss);
      for (int i = 0; i < gradients.size(); i++) {
        g.output("gradient " + i, g.contiguous(gradients.get(i)));
      }
      inputs.fill(windows(test, model.info().vocabulary()));
      try (Graph graph = g.build()) {
        for (int i = 0; i < weights.size(); i++) {
          checkAlongDirection(graph, weights.get(i), i, test.step);
        }
      }
    }
  }

  private static void checkAlongDirection(Graph graph, Tensor weight, int index, float h) {
    compute(graph);
    int count = (int) weight.elements();
    float[] before = weight.data().toArray(ValueLayout.JAVA_FLOAT);
    float[] gradient = graph.output("gradient " + index).toArray(ValueLayout.JAVA_FLOAT);
    // along the gradient with some noise: the derivative is far from zero, so errors show
    Random random = new Random(index);
    double norm = 0;
    float[] direction = new float[count];
    double mean = 0;
    for (float x : gradient) {
      mean += Math.abs(x) / count;
    }
    assertThat(mean).as("gradient of %s", weight).isPositive().isFinite();
    double expected = 0;
    for (int i = 0; i < count; i++) {
      direction[i] = (float) (gradient[i] + mean * random.nextGaussian());
      norm += direction[i] * direction[i];
    }
    norm = Math.sqrt(norm);
    for (int i = 0; i < count; i++) {
      direction[i] /= (float) norm;
      expected += gradient[i] * direction[i];
    }
    double near = difference(graph, weight, before, direction, h);
    double far = difference(graph, weight, before, direction, 2 * h);
    MemorySegment.copy(before, 0, weight.data(), ValueLayout.JAVA_FLOAT, 0, count);
    double measured = (4 * near - far) / 3;
    double bound = 0.02 * Math.abs(expected) + 1e-4;
    assertThat(measured).as("along the gradient of %s", weight).isCloseTo(expected, offset(bound));
  }

  private static double difference(
      Graph graph, Tensor weight, float[] before, float[] direction, float h) {
    double above = lossAt(graph, weight, before, direction, h);
    double below = lossAt(graph, weight, before, direction, -h);
    return (above - below) / (2.0 * h);
  }

  private static double lossAt(
      Graph graph, Tensor weight, float[] before, float[] direction, float h) {
    float[] values = before.clone();
    for (int i = 0; i < values.length; i++) {
      values[i] += h * direction[i];
    }
    MemorySegment.copy(values, 0, weight.data(), ValueLayout.JAVA_FLOAT, 0, values.length);
    return compute(graph);
  }

  private static double compute(Graph graph) {
    graph.input(TrainingBuilder.LOSS_GRADIENT).set(ValueLayout.JAVA_FLOAT, 0, 1f);
    assertThat(backend.compute(graph)).isTrue();
    return graph.output("loss").get(ValueLayout.JAVA_FLOAT, 0);
  }

  @Test
  void rejectsArchitectureWithoutDerivatives() {
    RandomModel gpt2 = RandomModel.small("gpt2").withShape(TINY.withHeads(4, 4, 16));
    try (Model model = copy(gpt2);
        Moments moments = new Moments(model.weights().values())) {
      assertThatThrownBy(
              () ->
                  TrainingGraph.step(
                      model.network(),
                      model.info(),
                      BATCH,
                      false,
                      model.weights().values(),
                      moments,
                      1f))
          .isInstanceOf(MyelinException.class)
          .hasMessageContaining("has no derivative");
    }
  }
}
