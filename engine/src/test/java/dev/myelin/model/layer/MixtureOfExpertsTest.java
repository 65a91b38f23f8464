package dev.myelin.model.layer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.myelin.gguf.GgmlType;
import dev.myelin.graph.Backend;
import dev.myelin.graph.Graph;
import dev.myelin.graph.GraphBuilder;
import dev.myelin.graph.Tensor;
import dev.myelin.model.config.Gating;
import dev.myelin.model.config.Routing;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Routers and experts of every kind against sums in double precision. */
class MixtureOfExpertsTest {
  private static final int WIDTH = 8;
  private static final int FFN = 6;
  private static final int COUNT = 8;
  private static final int USED = 3;
  private static final int TOKENS = 5;
  private static final float LIMIT = 0.5f;

  private enum Form {
    GATED,
    FUSED,
    UNGATED
  }

  private record Case(
      Routing routing,
      boolean isBiased,
      Form form,
      Activation activation,
      boolean isInputWeighted) {}

  private static Routing routing(Gating gating, boolean isNormalized, int groups, float scale) {
    return new Routing(COUNT, USED, gating, false, groups, groups / 2, isNormalized, scale);
  }

  static List<Case> cases() {
    List<Case> all = new ArrayList<>();
    for (Gating gating : Gating.values()) {
      Routing plain = routing(gating, gating == Gating.SIGMOID, 1, 1);
      all.add(new Case(plain, false, Form.GATED, Activation.SILU, false));
      all.add(new Case(plain.byLogit(), false, Form.FUSED, Activation.SILU, true));
      all.add(new Case(routing(gating, true, 4, 2.5f), true, Form.GATED, Activation.SILU, false));
    }
    Routing softmax = routing(Gating.SOFTMAX, true, 1, 1);
    for (Activation gated :
        List.of(
            Activation.GELU,
            Activation.RELU,
            Activation.SWIGLU_OAI,
            Activation.siluThenClamp(LIMIT),
            Activation.siluOfClamped(LIMIT))) {
      all.add(new Case(softmax, false, Form.GATED, gated, false));
    }
    for (Activation ungated :
        List.of(Activation.SILU, Activation.GELU, Activation.RELU, Activation.RELU_SQUARED)) {
      all.add(new Case(softmax, false, Form.UNGATED, ungated, false));
    }
    return all;
  }

  /** Tensors by name, with their values. */
  private static final class Values {
    private final Random random = new Random(11);
    private final Map<String, float[]> all = new LinkedHashMap<>();

    Tensor add(GraphBuilder g, String name, long... dims) {
      int n = 1;
      for (long d : dims) {
        n *= (int) d;
      }
      float[] values = new float[n];
      for (int i = 0; i < n; i++) {
        values[i] = (float) random.nextGaussian();
      }
      all.put(name, values);
      return g.input(name, GgmlType.F32, dims);
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  void matchesDoublePrecision(Case c) {
    GraphBuilder g = new GraphBuilder();
    Values v = new Values();
    Tensor x = v.add(g, "x", WIDTH, TOKENS);
    Linear matrix = new Linear(v.add(g, "router", WIDTH, COUNT), null, null, false, List.of());
    Tensor bias = c.isBiased ? v.add(g, "selection", COUNT) : null;
    MixtureOfExperts moe =
        new MixtureOfExperts(new Router(matrix, bias, c.routing), experts(g, v, c), null);
    g.output("out", moe.of(x));
    float[] actual = new float[WIDTH * TOKENS];
    try (Graph graph = g.build();
        Backend backend = Backend.cpu(1)) {
      v.all.forEach((name, values) -> copy(values, graph.input(name)));
      assertThat(backend.compute(graph)).isTrue();
      graph.read("out", actual);
    }
    for (int t = 0; t < TOKENS; t++) {
      double[] expected = expected(v, c, t);
      for (int i = 0; i < WIDTH; i++) {
        double tolerance = c.activation.kind() == Activation.Kind.GELU ? 2e-2 : 1e-4;
        assertThat((double) actual[t * WIDTH + i])
            .as("token %s, value %s", t, i)
            .isCloseTo(expected[i], within(tolerance * Math.max(1, Math.abs(expected[i]))));
      }
    }
  }

  private static Experts experts(GraphBuilder g, Values v, Case c) {
    ExpertLinear gateUp = c.form == Form.FUSED ? linear(g, v, "gate_up", WIDTH, 2 * FFN) : null;
    ExpertLinear gate = c.form == Form.GATED ? linear(g, v, "gate", WIDTH, FFN) : null;
    ExpertLinear up = c.form == Form.FUSED ? null : linear(g, v, "up", WIDTH, FFN);
    ExpertLinear down = linear(g, v, "down", FFN, WIDTH);
    return new Experts(gateUp, gate, up, down, c.activation, c.isInputWeighted);
  }

  private static ExpertLinear linear(GraphBuilder g, Values v, String name, int in, int out) {
    return new ExpertLinear(
        v.add(g, name, in, out, COUNT),
        v.add(g, name + " bias", out, COUNT),
        v.add(g, name + " scale", COUNT),
        List.of());
  }

  private static void copy(float[] values, MemorySegment to) {
    MemorySegment.copy(values, 0, to, ValueLayout.JAVA_FLOAT, 0, values.length);
  }

  // --- the same in double precision

  private static double[] expected(Values v, Case c, int token) {
    double[] x = new double[WIDTH];
    for (int i = 0; i < WIDTH; i++) {
      x[i] = v.all.get("x")[token * WIDTH + i];
    }
    double[] logits = multiply(v.all.get("router"), 0, x, COUNT);
    double[] values = gate(c.routing.gating(), logits);
    double[] scores = (c.routing.isByLogit() ? logits : values).clone();
    for (int e = 0; c.isBiased && e < COUNT; e++) {
      scores[e] += v.all.get("selection")[e];
    }
    int[] chosen = best(scores, eligible(c.routing, scores), USED);
    double[] weights = weights(c.routing, values, chosen);
    double[] sum = new double[WIDTH];
    for (int j = 0; j < USED; j++) {
      double[] input = c.isInputWeighted ? scaled(x, weights[j]) : x;
      double[] y = expert(v, c, chosen[j], input);
      for (int i = 0; i < WIDTH; i++) {
        sum[i] += c.isInputWeighted ? y[i] : y[i] * weights[j];
      }
    }
    return sum;
  }

  private static double[] gate(Gating gating, double[] logits) {
    double[] values = new double[COUNT];
    double sum = 0;
    for (double logit : logits) {
      sum += Math.exp(logit);
    }
    for (int e = 0; e < COUNT; e++) {
      values[e] =
          switch (gating) {
            case SOFTMAX -> Math.exp(logits[e]) / sum;
            case SIGMOID -> sigmoid(logits[e]);
            case SOFTMAX_OF_SELECTED -> logits[e];
            case SQRT_SOFTPLUS -> Math.sqrt(Math.log1p(Math.exp(logits[e])));
          };
    }
    return values;
  }

  private static boolean[] eligible(Routing routing, double[] scores) {
    int groups = routing.groups();
    int size = COUNT / groups;
    double[] votes = new double[groups];
    for (int i = 0; i < groups && size > 1; i++) {
      double[] group = Arrays.copyOfRange(scores, i * size, (i + 1) * size);
      Arrays.sort(group);
      votes[i] = group[size - 1] + group[size - 2];
    }
    boolean[] all = new boolean[COUNT];
    boolean[] anyGroup = new boolean[groups];
    Arrays.fill(anyGroup, true);
    for (int group : best(votes, anyGroup, groups == 1 ? 1 : routing.usedGroups())) {
      Arrays.fill(all, group * size, (group + 1) * size, true);
    }
    return all;
  }

  private static int[] best(double[] scores, boolean[] eligible, int count) {
    return IntStream.range(0, scores.length)
        .filter(i -> eligible[i])
        .boxed()
        .sorted((a, b) -> Double.compare(scores[b], scores[a]))
        .limit(count)
        .mapToInt(Integer::intValue)
        .toArray();
  }

  private static double[] weights(Routing routing, double[] values, int[] chosen) {
    double[] weights = new double[USED];
    double sum = 0;
    for (int j = 0; j < USED; j++) {
      boolean isExp = routing.gating() == Gating.SOFTMAX_OF_SELECTED;
      weights[j] = isExp ? Math.exp(values[chosen[j]]) : values[chosen[j]];
      sum += weights[j];
    }
    boolean isDivided = routing.isNormalized() || routing.gating() == Gating.SOFTMAX_OF_SELECTED;
    return scaled(weights, routing.scale() / (isDivided ? sum : 1));
  }

  private static double[] expert(Values v, Case c, int expert, double[] x) {
    double[] gate = null;
    double[] up;
    if (c.form == Form.FUSED) {
      double[] both = linear(v, "gate_up", expert, x, 2 * FFN);
      gate = Arrays.copyOf(both, FFN);
      up = Arrays.copyOfRange(both, FFN, 2 * FFN);
    } else {
      gate = c.form == Form.GATED ? linear(v, "gate", expert, x, FFN) : null;
      up = linear(v, "up", expert, x, FFN);
    }
    double[] hidden = new double[FFN];
    for (int i = 0; i < FFN; i++) {
      hidden[i] =
          gate == null ? ungated(c.activation.kind(), up[i]) : gated(c.activation, gate[i], up[i]);
    }
    return linear(v, "down", expert, hidden, WIDTH);
  }

  private static double gated(Activation activation, double gate, double up) {
    double limit = activation.limit();
    double clamped = Math.clamp(up, -limit, limit);
    return switch (activation.kind()) {
      case SILU -> limit > 0 ? Math.min(silu(gate), limit) * clamped : silu(gate) * up;
      case SILU_OF_CLAMPED -> silu(Math.min(gate, limit)) * clamped;
      case SWIGLU_OAI -> {
        double g = Math.min(gate, limit);
        yield g * sigmoid(1.702 * g) * (clamped + 1);
      }
      default -> ungated(activation.kind(), gate) * up;
    };
  }

  private static double ungated(Activation.Kind kind, double x) {
    return switch (kind) {
      case SILU -> silu(x);
      case GELU -> 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x)));
      case RELU -> Math.max(x, 0);
      case RELU_SQUARED -> Math.pow(Math.max(x, 0), 2);
      default -> throw new IllegalStateException();
    };
  }

  private static double silu(double x) {
    return x * sigmoid(x);
  }

  private static double sigmoid(double x) {
    return 1 / (1 + Math.exp(-x));
  }

  private static double[] linear(Values v, String name, int expert, double[] x, int out) {
    double[] y = multiply(v.all.get(name), expert, x, out);
    for (int i = 0; i < out; i++) {
      double scaled = y[i] * v.all.get(name + " scale")[expert];
      y[i] = scaled + v.all.get(name + " bias")[expert * out + i];
    }
    return y;
  }

  private static double[] multiply(float[] w, int matrix, double[] x, int out) {
    double[] y = new double[out];
    for (int i = 0; i < out; i++) {
      for (int k = 0; k < x.length; k++) {
        y[i] += w[(matrix * out + i) * x.length + k] * x[k];
      }
    }
    return y;
  }

  private static double[] scaled(double[] x, double factor) {
    double[] y = new double[x.length];
    for (int i = 0; i < x.length; i++) {
      y[i] = x[i] * factor;
    }
    return y;
  }
}
