package dev.myelin.state;

import static org.assertj.core.api.Assertions.assertThat;

import dev.myelin.error.CapacityException;
import dev.myelin.gguf.GgmlType;
import dev.myelin.graph.Backend;
import dev.myelin.graph.Graph;
import dev.myelin.graph.GraphBuilder;
import dev.myelin.graph.Tensor;
import dev.myelin.graph.TensorBuffer;
import dev.myelin.graph.TensorContext;
import dev.myelin.pass.AttentionSpec;
import dev.myelin.pass.Batch;
import dev.myelin.pass.CachedPass;
import dev.myelin.pass.CachedPass.Shape;
import dev.myelin.pass.Segment;
import dev.myelin.state.KvState.Scope;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Random forks, rewinds, batches, cancellations and shortages of pages, against attention in plain
 * Java over lists of tokens. Layers without a window, with a sliding and with a chunked one share
 * the sequences; ALiBi makes results depend on positions.
 */
class PagedSequencesTest {
  private static final int VOCABULARY = 13;
  private static final int HEADS = 4;
  private static final int KV_HEADS = 2;
  private static final int SIZE = 32;
  private static final int CONTEXT = 300;
  private static final int BATCH = 96;
  private static final int SEQUENCES = 5;
  private static final int PAGES = 14;
  private static final float SCALE = 0.3f;
  private static final float[] SLOPES = {0.5f, 0.1f, 0.02f, 0};
  private static final double TOLERANCE = 2e-5;
  private static final List<Window> WINDOWS =
      List.of(Window.NONE, Window.sliding(70), Window.chunked(48), Window.sliding(5));

  private final List<KvState> states = new ArrayList<>();
  private final TensorContext context = new TensorContext(3 * WINDOWS.size());
  private final TensorBuffer memory = TensorBuffer.allocateZeroed(1 << 20);
  private final List<Tensor[]> tables = new ArrayList<>();
  private final List<float[][]> values = new ArrayList<>();
  private int shortages;
  private int reused;

  /** A sequence, and what it should hold. */
  private static final class Expected {
    final SequenceStates states;
    int[] tokens = new int[CONTEXT];
    int length;

    Expected(SequenceStates states) {
      this.states = states;
    }
  }

  private void makeTables(Random random) {
    for (int layer = 0; layer < WINDOWS.size(); layer++) {
      states.add(
          new KvState(layer, KV_HEADS, SIZE, SIZE, WINDOWS.get(layer), Scope.SEQUENCE, false));
      Tensor[] table = new Tensor[3];
      float[][] data = new float[3][];
      for (int i = 0; i < 3; i++) {
        int width = (i == 0 ? HEADS : KV_HEADS) * SIZE;
        data[i] = new float[width * VOCABULARY];
        for (int j = 0; j < data[i].length; j++) {
          data[i][j] = (float) random.nextGaussian();
        }
        table[i] = context.tensor("table_" + layer + "_" + i, GgmlType.F32, width, VOCABULARY);
        memory.append(table[i]);
        MemorySegment.copy(data[i], 0, table[i].data(), ValueLayout.JAVA_FLOAT, 0, data[i].length);
      }
      tables.add(table);
      values.add(data);
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6})
  void sequencesHaveWhatTheyWereGiven(long seed) {
    Random random = new Random(seed);
    makeTables(random);
    StateOptions options =
        new StateOptions(CONTEXT, BATCH, SEQUENCES, PAGES, 0, CacheType.F32, CacheType.F32);
    boolean keepsPrefixes = seed % 2 == 0;
    List<Expected> open = new ArrayList<>();
    try (StatePool pool =
            new StatePool(new ModelStates(states, List.of()), options, keepsPrefixes);
        Backend backend = Backend.cpu(1)) {
      for (int step = 0; step < 150; step++) {
        change(random, pool, open);
        if (!open.isEmpty()) {
          compute(random, pool, backend, open, step);
        }
      }
      for (Expected e : open) {
        e.states.close();
      }
      assertThat(shortages).as("shortages of pages").isPositive();
      if (keepsPrefixes) {
        assertThat(reused).as("tokens of other sequences' pages").isPositive();
      } else {
        assertThat(pool.usedPages()).as("pages in use when all is closed").isZero();
      }
    } finally {
      context.close();
      memory.close();
    }
  }

  private static void change(Random random, StatePool pool, List<Expected> open) {
    if (open.size() < SEQUENCES && random.nextInt(3) == 0) {
      open.add(new Expected(pool.open(List.of())));
    }
    if (open.isEmpty()) {
      return;
    }
    Expected any = open.get(random.nextInt(open.size()));
    switch (random.nextInt(8)) {
      case 0 -> any.length = random.nextInt(any.length + 1);
      case 1 -> {
        any.states.close();
        open.remove(any);
      }
      case 2, 3 -> {
        if (open.size() < SEQUENCES) {
          int length = random.nextInt(4) == 0 ? random.nextInt(any.length + 1) : any.length;
          Expected copy = new Expected(any.states.fork(length));
          copy.tokens = any.tokens.clone();
          copy.length = length;
          open.add(copy);
        }
      }
      default -> {}
    }
  }

  /** Appends tokens to some sequences, in one batch. */
  private void compute(
      Random random, StatePool pool, Backend backend, List<Expected> open, int step) {
    List<Expected> chosen = new ArrayList<>();
    List<Segment> segments = new ArrayList<>();
    int left = BATCH;
    for (Expected e : open) {
      if (left == 0 || e.length == CONTEXT || random.nextInt(4) == 0) {
        continue;
      }
      int most = Math.min(left, CONTEXT - e.length);
      int count = random.nextBoolean() ? 1 : 1 + random.nextInt(most);
      // two texts, so that sequences have common beginnings
      int text = random.nextInt(6) == 0 ? 1 : 0;
      for (int i = 0; i < count; i++) {
        int position = e.length + i;
        e.tokens[position] = (position * position + text * position) / 7 % VOCABULARY;
      }
      Segment segment = begin(e, count, left);
      if (segment != null) {
        segments.add(segment);
        chosen.add(e);
        left -= segment.count();
      }
    }
    if (segments.isEmpty()) {
      return;
    }
    Batch batch = new Batch(segments);
    float[][] actual = run(pool, backend, batch);
    boolean cancelled = random.nextInt(8) == 0;
    int row = 0;
    for (int i = 0; i < chosen.size(); i++) {
      Expected e = chosen.get(i);
      Segment s = segments.get(i);
      if (cancelled) {
        e.states.rollback();
        continue;
      }
      e.length = s.end();
      e.states.commit(e.length, e.tokens);
      for (int p = s.position(); p < s.end(); p++, row++) {
        for (int layer = 0; layer < states.size(); layer++) {
          check(actual[layer], row, layer, e.tokens, p, "step " + step + ", position " + p);
        }
      }
    }
  }

  /** Announces tokens, after those before if they are not held; null if there are no pages. */
  private Segment begin(Expected e, int count, int most) {
    int at = e.states.rewind(e.length);
    int end = Math.min(e.length + count, at + most);
    e.length = at;
    int known = e.states.extend(at, e.tokens, at, end - at);
    reused += known;
    at += known;
    e.length = at;
    try {
      e.states.begin(at, end);
      return new Segment(e.states, e.tokens, at, end - at, at, end - at);
    } catch (CapacityException full) {
      assertThat(full.needed()).isPositive();
      shortages++;
      return null;
    }
  }

  /** The outputs of each layer, [tokens][HEADS * SIZE]. */
  private float[][] run(StatePool pool, Backend backend, Batch batch) {
    int tokens = batch.tokens();
    Shape shape = Shape.of("main", batch, Set.of(), false);
    GraphBuilder g = new GraphBuilder();
    CachedPass pass = new CachedPass(g, shape, pool, CONTEXT);
    for (int layer = 0; layer < states.size(); layer++) {
      Tensor[] table = tables.get(layer);
      Tensor q = g.reshape3d(g.getRows(g.read(table[0]), pass.tokens()), SIZE, HEADS, tokens);
      Tensor k = g.reshape3d(g.getRows(g.read(table[1]), pass.tokens()), SIZE, KV_HEADS, tokens);
      Tensor v = g.reshape3d(g.getRows(g.read(table[2]), pass.tokens()), SIZE, KV_HEADS, tokens);
      AttentionSpec spec = AttentionSpec.causal(SCALE).withSlopes(SLOPES);
      g.output("out_" + layer, pass.attend(states.get(layer), q, k, v, spec));
    }
    float[][] outputs = new float[states.size()][];
    try (Graph graph = g.build()) {
      pass.fill(graph, batch);
      assertThat(backend.compute(graph)).isTrue();
      for (int layer = 0; layer < outputs.length; layer++) {
        outputs[layer] = graph.output("out_" + layer).toArray(ValueLayout.JAVA_FLOAT);
      }
    }
    return outputs;
  }

  private void check(float[] actual, int row, int layer, int[] tokens, int position, String what) {
    double[] expected = attention(layer, tokens, position);
    int width = HEADS * SIZE;
    for (int i = 0; i < width; i++) {
      double difference = Math.abs(actual[row * width + i] - expected[i]);
      if (!(difference <= TOLERANCE)) {
        throw new AssertionError(
            "%s, layer %s, value %s: %s instead of %s"
                .formatted(what, layer, i, actual[row * width + i], expected[i]));
      }
    }
  }

  /** softmax(scale qk - slope distance) v over the positions that a token sees. */
  private double[] attention(int layer, int[] tokens, int position) {
    float[][] t = values.get(layer);
    double[] out = new double[HEADS * SIZE];
    for (int head = 0; head < HEADS; head++) {
      int kvHead = head / (HEADS / KV_HEADS);
      int begin = WINDOWS.get(layer).begin(position);
      double[] scores = new double[position + 1 - begin];
      for (int p = begin; p <= position; p++) {
        double dot = 0;
        for (int i = 0; i < SIZE; i++) {
          double q = t[0][(tokens[position] * HEADS + head) * SIZE + i];
          dot += q * t[1][(tokens[p] * KV_HEADS + kvHead) * SIZE + i];
        }
        scores[p - begin] = SCALE * dot - SLOPES[head] * (position - p);
      }
      double max = Arrays.stream(scores).max().orElseThrow();
      double sum = 0;
      for (int p = begin; p <= position; p++) {
        double weight = Math.exp(scores[p - begin] - max);
        sum += weight;
        for (int i = 0; i < SIZE; i++) {
          out[head * SIZE + i] += weight * t[2][(tokens[p] * KV_HEADS + kvHead) * SIZE + i];
        }
      }
      for (int i = 0; i < SIZE; i++) {
        out[head * SIZE + i] /= sum;
      }
    }
    return out;
  }
}
