package dev.myelin.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.myelin.bindings.peer.LlamaContext;
import dev.myelin.error.InvalidRequestException;
import dev.myelin.generate.Session;
import dev.myelin.generate.SessionOptions;
import dev.myelin.graph.AdapterRanges;
import dev.myelin.graph.Graph;
import dev.myelin.graph.GraphBuilder;
import dev.myelin.model.build.Network;
import dev.myelin.pass.CachedPass;
import dev.myelin.pass.Output;
import dev.myelin.state.CacheType;
import dev.myelin.state.StateOptions;
import dev.myelin.state.StatePool;
import dev.myelin.testing.Logits;
import dev.myelin.testing.OracleJob;
import dev.myelin.testing.OracleProcess;
import dev.myelin.testing.RandomSample;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The inputs of each layer, by libllama and by properties. */
class LayerInputTest {
  private static final double BOUND = 1e-6;
  private static final int TOKENS = 150;
  private static final int CONTEXT = 512;
  private static final SessionOptions OPTIONS =
      SessionOptions.defaults()
          .withContextLength(CONTEXT)
          .withThreads(1)
          .withCacheType(CacheType.F32);

  @TempDir static Path folder;

  @RegisterExtension private static final OracleProcess oracle = new OracleProcess();

  static List<RandomSample> samples() {
    return RandomSample.ofEachArchitecture();
  }

  /** Those with a cache, and with inputs of layers. */
  static List<RandomSample> continued() {
    return samples().stream()
        .filter(s -> !s.isOnePass() && !s.architecture().equals("gemma3n"))
        .toList();
  }

  private static RandomSample sample(String architecture) {
    return new RandomSample(architecture, ModelDescription.samples(architecture).getFirst());
  }

  private static int layers(Model model) {
    return (int) model.network().outputs().stream().filter(Output::isLayerInput).count();
  }

  private static Logits inputs(Session session, int[] tokens, int layer) {
    float[][] rows = new float[tokens.length][];
    session.feedLayerInputs(tokens, layer, (position, row) -> rows[position] = Logits.copy(row));
    return new Logits(rows);
  }

  @ParameterizedTest
  @MethodSource("samples")
  void matchLibllama(RandomSample sample) {
    Path file = sample.write(folder.resolve("sample.gguf"));
    try (Model model = Model.load(file);
        Session session = Session.open(model, OPTIONS);
        Session small = Session.open(model, OPTIONS.withBatch(48))) {
      int[] tokens = Logits.randomTokens(TOKENS, model.info().vocabulary(), 3);
      int layers = layers(model);
      if (sample.architecture().equals("gemma3n")) {
        assertThat(layers).as("an input of four parts").isZero();
        return;
      }
      assertThat(layers).isPositive();
      OracleJob job = OracleJob.of(sample.toString(), file, tokens, CONTEXT).withLayerInputs();
      if (model.info().hasEncoder()) {
        int[] source = Logits.randomTokens(60, model.info().vocabulary(), 4);
        session.encode(source);
        small.encode(Arrays.copyOf(source, 48));
        job = job.withEncoderTokens(source);
      } else if (!model.info().hasLogits()) {
        job = job.withOutput(LlamaContext.Output.EMBEDDINGS);
      }
      float[][] expected = oracle.run(job).rows();
      assertThat(expected).hasNumberOfRows(layers * TOKENS);
      StringBuilder report = new StringBuilder("layer inputs: " + sample + ":");
      for (int layer = 0; layer < layers; layer++) {
        Logits actual = inputs(session, tokens, layer);
        double error =
            actual.nmse(
                new Logits(Arrays.copyOfRange(expected, layer * TOKENS, (layer + 1) * TOKENS)));
        assertThat(error).as("%s, layer %s", job, layer).isLessThanOrEqualTo(BOUND);
        report.append(" %.1e".formatted(error));
        boolean hasParts = !sample.isOnePass() && !model.info().hasEncoder();
        if (hasParts && session.batchDependence().isEmpty()) {
          assertThat(inputs(small, tokens, layer).rows()).isDeepEqualTo(actual.rows());
        }
      }
      System.out.println(report);
    }
  }

  /** The later layers have stored their states too. */
  @ParameterizedTest
  @MethodSource("continued")
  void sequenceGoesOnAfterThem(RandomSample sample) {
    Path file = sample.write(folder.resolve("sample.gguf"));
    try (Model model = Model.load(file);
        Session session = Session.open(model, OPTIONS);
        Session other = Session.open(model, OPTIONS)) {
      int[] tokens = Logits.randomTokens(TOKENS, model.info().vocabulary(), 5);
      if (model.info().hasEncoder()) {
        session.encode(1, 2, 3);
        other.encode(1, 2, 3);
      }
      inputs(session, tokens, 0);
      other.feed(tokens);
      float[] actual = Logits.copy(session.feed(7));
      float[] expected = Logits.copy(other.feed(7));
      if (session.batchDependence().isEmpty()) {
        assertThat(actual).isEqualTo(expected);
      }
      double error = new Logits(new float[][] {actual}).nmse(new Logits(new float[][] {expected}));
      assertThat(error).isLessThanOrEqualTo(BOUND);
    }
  }

  @Test
  void laterLayersOfAnEncoderAreNotComputed() {
    try (Model bert = Model.load(sample("bert").write(folder.resolve("bert.gguf")));
        Model llama = Model.load(sample("llama").write(folder.resolve("llama.gguf")))) {
      assertThat(operations(bert, Output.layerInput(0)))
          .contains("NORM")
          .noneMatch(name -> name.startsWith("attention"));
      assertThat(operations(bert, Output.layerInput(1)))
          .isEqualTo(operations(bert, Output.HIDDEN))
          .anyMatch(name -> name.startsWith("attention"));
      // which stores keys and values for the tokens after these
      assertThat(operations(llama, Output.layerInput(0)))
          .anyMatch(name -> name.startsWith("attention"));
    }
  }

  private static Set<String> operations(Model model, Output output) {
    CachedPass.Shape shape =
        new CachedPass.Shape(Network.MAIN, 3, 3, Set.of(output), List.of(), AdapterRanges.NONE);
    StateOptions options = OPTIONS.runtimeOptions().withContextLength(CONTEXT).stateOptions();
    GraphBuilder builder = new GraphBuilder();
    try (StatePool states = new StatePool(model.info().states(), options, false)) {
      model.network().forward(new CachedPass(builder, shape, states, CONTEXT));
      try (Graph graph = builder.build()) {
        return graph.operations();
      }
    }
  }

  @Test
  void unknownLayersAreRefused() {
    try (Model model = Model.load(sample("llama").write(folder.resolve("llama.gguf")));
        Session session = Session.open(model, OPTIONS)) {
      int layers = layers(model);
      for (int layer : new int[] {-1, layers, Integer.MIN_VALUE, Integer.MAX_VALUE}) {
        assertThatThrownBy(() -> inputs(session, new int[] {1}, layer))
            .isInstanceOf(InvalidRequestException.class)
            .hasMessage("layer %s: expected 0 to %s", layer, layers - 1);
      }
    }
    try (Model model = Model.load(sample("gemma3n").write(folder.resolve("gemma3n.gguf")));
        Session session = Session.open(model, OPTIONS)) {
      assertThatThrownBy(() -> inputs(session, new int[] {1}, 1))
          .isInstanceOf(InvalidRequestException.class)
          .hasMessage(
              "this model of the architecture gemma3n computes no inputs of layers, only logits,"
                  + " hidden states");
    }
  }
}
