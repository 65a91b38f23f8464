package dev.myelin.embed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.myelin.bindings.peer.LlamaContext.Output;
import dev.myelin.error.CancelledException;
import dev.myelin.error.CapacityException;
import dev.myelin.error.ContextFullException;
import dev.myelin.error.IllegalUseException;
import dev.myelin.error.InvalidRequestException;
import dev.myelin.error.ModelFileException;
import dev.myelin.generate.Generator;
import dev.myelin.generate.Session;
import dev.myelin.generate.SessionOptions;
import dev.myelin.model.Model;
import dev.myelin.model.build.Sample;
import dev.myelin.runtime.ModelRuntime;
import dev.myelin.runtime.RuntimeOptions;
import dev.myelin.runtime.RuntimeUsage;
import dev.myelin.state.CacheType;
import dev.myelin.testing.Logits;
import dev.myelin.testing.OracleJob;
import dev.myelin.testing.OracleProcess;
import dev.myelin.testing.RandomModel;
import dev.myelin.testing.RandomSample;
import dev.myelin.testing.TextEncoders;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@link Embedder} with small random models. */
class EmbedderTest {
  private static final double BOUND = 1e-6;
  private static final int CONTEXT = 700;
  private static final SessionOptions EXACT =
      SessionOptions.defaults().withThreads(1).withCacheType(CacheType.F32);

  @TempDir static Path folder;
  private static Path encoder;
  private static Path ranker;
  private static Path decoder;

  @BeforeAll
  static void write() {
    Sample plain = TextEncoders.sample("bert", "biases").with("context_length", CONTEXT);
    encoder = TextEncoders.bert(plain.with("pooling_type", 1), folder.resolve("bert.gguf"));
    Sample classifier = TextEncoders.sample("bert", "classifier");
    ranker = TextEncoders.bert(classifier.with("pooling_type", 4), folder.resolve("rank.gguf"));
    decoder = RandomModel.small("llama").write(folder.resolve("llama.gguf"));
  }

  private static EmbedOptions exact(Pooling pooling) {
    return EmbedOptions.defaults().withSession(EXACT).withPooling(pooling).withNormalize(false);
  }

  @Test
  void vectorsDependOnTheirTextAlone() {
    String first = "the cat sat on the mat";
    String second = "stocks fell";
    try (Embedder one = Embedder.open(encoder);
        Embedder other = Embedder.open(encoder)) {
      List<float[]> vectors = one.embed(List.of(first, second, "", first));
      assertThat(other.embed(second)).isEqualTo(vectors.get(1));
      assertThat(other.embed(first)).isEqualTo(vectors.get(0)).isEqualTo(vectors.get(3));
      assertThat(vectors.get(0)).isNotEqualTo(vectors.get(1));
      assertThat(one.pooling()).isEqualTo(Pooling.MEAN);
    }
  }

  @Test
  void manyTextsHaveTheVectorsOfEachAlone() {
    List<int[]> texts = new ArrayList<>();
    for (int length : new int[] {90, 3, 1, 64, 7, 2, 30, 3, 65, 128, 1, 31, 5}) {
      texts.add(Logits.randomTokens(length, 320, 10 + texts.size()));
    }
    SessionOptions session = SessionOptions.defaults().withContextLength(128).withThreads(1);
    for (Path file : List.of(encoder, decoder)) {
      for (Pooling pooling : List.of(Pooling.MEAN, Pooling.CLS, Pooling.LAST, Pooling.NONE)) {
        // texts longer than a batch too, which an encoder computes in one
        for (int batch : new int[] {128, 512, file.equals(decoder) ? 50 : 200}) {
          EmbedOptions options =
              EmbedOptions.defaults().withPooling(pooling).withSession(session.withBatch(batch));
          try (Model model = Model.load(file);
              Embedder many = Embedder.open(model, options);
              Embedder one = Embedder.open(model, options)) {
            assertThat(many.runtime().batchDependence()).isEmpty();
            List<Integer> done = new ArrayList<>();
            List<List<float[]>> vectors = many.embedEach(texts, done::add);
            for (int i = 0; i < texts.size(); i++) {
              assertThat(vectors.get(i).toArray(float[][]::new))
                  .as("%s, %s, batch %s, text %s", file.getFileName(), pooling, batch, i)
                  .isDeepEqualTo(one.embedEach(texts.get(i)).toArray(float[][]::new));
            }
            RuntimeUsage usage = many.runtime().usage();
            assertThat(usage.steps()).isLessThan(usage.pieces());
            assertThat(usage.sequences()).isZero();
            assertThat(usage.pages()).isZero();
            assertThat(done).isSorted().endsWith(texts.size());
            assertThat(done.size()).isLessThan(texts.size());
          }
        }
      }
    }
  }

  @Test
  void poolsTheInputsOfALayer() {
    List<int[]> texts = new ArrayList<>();
    for (int length : new int[] {90, 3, 1, 64}) {
      texts.add(Logits.randomTokens(length, 320, length));
    }
    for (Path file : List.of(encoder, decoder)) {
      for (Pooling pooling : List.of(Pooling.MEAN, Pooling.LAST, Pooling.NONE)) {
        // a text longer than a batch too
        SessionOptions session = EXACT.withBatch(file.equals(decoder) ? 50 : 512);
        EmbedOptions options = exact(pooling).withSession(session).withLayer(1);
        try (Model model = Model.load(file);
            Embedder embedder = Embedder.open(model, options);
            Session alone = Session.open(model, session)) {
          List<List<float[]>> vectors = embedder.embedEach(texts, done -> {});
          for (int i = 0; i < texts.size(); i++) {
            int[] text = texts.get(i);
            Pool pool = new Pool(pooling, text.length, false);
            alone.feedLayerInputs(text, 1, pool);
            assertThat(vectors.get(i).toArray(float[][]::new))
                .as("%s, %s, text %s", file.getFileName(), pooling, i)
                .isDeepEqualTo(pool.vectors().toArray(float[][]::new));
          }
        }
      }
    }
  }

  @Test
  void refusesLayersThatItHasNoInputsOf() {
    try (Model model = Model.load(ranker)) {
      for (int layer : new int[] {-1, 1000}) {
        EmbedOptions options = exact(Pooling.MEAN).withLayer(layer);
        assertThatThrownBy(() -> Embedder.open(model, options))
            .isInstanceOf(InvalidRequestException.class)
            .hasMessageContaining("layer " + layer + ": expected 0 to ");
      }
      assertThatThrownBy(() -> Embedder.open(model, exact(Pooling.RANK).withLayer(1)))
          .isInstanceOf(InvalidRequestException.class)
          .hasMessage("layer 1: pooling rank takes the scores of the whole model");
    }
  }

  @Test
  void sharesARuntime() {
    List<String> texts = List.of("one", "two words", "", "and a longer one");
    RuntimeOptions two = RuntimeOptions.defaults().withThreads(1).withSequences(3);
    try (Model model = Model.load(encoder);
        ModelRuntime runtime = ModelRuntime.open(model, two.withContextLength(64));
        Embedder alone = Embedder.open(model, EmbedOptions.defaults())) {
      Embedder shared = Embedder.open(runtime, EmbedOptions.defaults());
      Session other = Session.open(runtime);
      assertThat(shared.embed(texts).toArray(float[][]::new))
          .isDeepEqualTo(alone.embed(texts).toArray(float[][]::new));
      Session another = Session.open(runtime);
      assertThat(shared.embed("one")).isEqualTo(alone.embed("one"));
      Session last = Session.open(runtime);
      assertThatThrownBy(() -> shared.embed("one")).isInstanceOf(CapacityException.class);
      last.close();
      another.close();
      other.close();
      shared.close();
      assertThat(runtime.isOpen()).isTrue();
      assertThatThrownBy(() -> shared.embed("one"))
          .isInstanceOf(IllegalUseException.class)
          .hasMessage("the embedder is closed");
    }
  }

  @Test
  void vectorsHaveLengthOneUnlessAskedOtherwise() {
    try (Model model = Model.load(encoder);
        Embedder scaled = Embedder.open(model, EmbedOptions.defaults());
        Embedder plain = Embedder.open(model, EmbedOptions.defaults().withNormalize(false))) {
      float[] unit = scaled.embed("text");
      float[] vector = plain.embed("text");
      double length = length(vector);
      assertThat(length(unit)).isCloseTo(1, within(1e-6));
      assertThat(length).isNotCloseTo(1, within(1e-3));
      for (int i = 0; i < unit.length; i++) {
        assertThat((double) unit[i]).isCloseTo(vector[i] / length, within(1e-6));
      }
    }
  }

  private static double length(float[] vector) {
    double squares = 0;
    for (float value : vector) {
      squares += (double) value * value;
    }
    return Math.sqrt(squares);
  }

  @Test
  void poolsAsLibllama() {
    Logits.requireOracle();
    // longer than the default batch
    int[] tokens = Logits.randomTokens(CONTEXT, 320, 3);
    OracleJob job = OracleJob.of("bert", encoder, tokens, CONTEXT);
    try (OracleProcess oracle = new OracleProcess();
        Model model = Model.load(encoder)) {
      compare(oracle, job.withOutput(Output.POOLED), model, Pooling.MEAN);
      compare(oracle, job.withOutput(Output.CLS), model, Pooling.CLS);
      compare(oracle, job.withOutput(Output.LAST), model, Pooling.LAST);
      compare(oracle, job.withOutput(Output.EMBEDDINGS), model, Pooling.NONE);
    }
  }

  @Test
  void poolsTheHiddenStatesOfADecoder() {
    Logits.requireOracle();
    int[] tokens = Logits.randomTokens(40, 320, 4);
    OracleJob job = OracleJob.of("llama", decoder, tokens, 64);
    SessionOptions inBatches = EXACT.withContextLength(64).withBatch(7);
    try (OracleProcess oracle = new OracleProcess();
        Model model = Model.load(decoder)) {
      compare(oracle, job.withOutput(Output.LAST), model, Pooling.LAST);
      compare(oracle, job.withOutput(Output.MEAN), model, Pooling.MEAN);
      try (Embedder whole = Embedder.open(model, exact(Pooling.MEAN));
          Embedder parts = Embedder.open(model, exact(Pooling.MEAN).withSession(inBatches))) {
        assertThat(parts.embed(tokens)).isEqualTo(whole.embed(tokens));
      }
      try (Embedder byFile = Embedder.open(model, EmbedOptions.defaults())) {
        assertThat(byFile.pooling()).isEqualTo(Pooling.NONE);
        assertThat(byFile.embedEach(tokens)).hasSize(40);
        assertThatThrownBy(() -> byFile.embed("text"))
            .isInstanceOf(InvalidRequestException.class)
            .hasMessage("pooling none: gives one vector per token: expected mean, cls or last");
      }
    }
  }

  @Test
  void denseLayersAsLibllama() {
    Logits.requireOracle();
    Sample sample = TextEncoders.sample("gemma-embedding", "dense");
    Path file = new RandomSample("gemma-embedding", sample).write(folder.resolve("dense.gguf"));
    int[] tokens = Logits.randomTokens(150, 320, 5);
    OracleJob job = OracleJob.of("dense", file, tokens, 512);
    try (OracleProcess oracle = new OracleProcess();
        Model model = Model.load(file)) {
      compare(oracle, job.withOutput(Output.MEAN), model, Pooling.MEAN);
      compare(oracle, job.withOutput(Output.CLS), model, Pooling.CLS);
      compare(oracle, job.withOutput(Output.LAST), model, Pooling.LAST);
      compare(oracle, job.withOutput(Output.EMBEDDINGS), model, Pooling.NONE);
    }
  }

  private static void compare(OracleProcess oracle, OracleJob job, Model model, Pooling pooling) {
    Logits expected = oracle.run(job).logits();
    try (Embedder embedder = Embedder.open(model, exact(pooling))) {
      Logits actual = new Logits(embedder.embedEach(job.tokens()).toArray(float[][]::new));
      assertThat(actual.nmse(expected)).as("%s", pooling).isLessThan(BOUND);
    }
  }

  @Test
  void scoresPairs() {
    Logits.requireOracle();
    try (OracleProcess oracle = new OracleProcess();
        Model model = Model.load(ranker);
        Embedder embedder = Embedder.open(model, EmbedOptions.defaults().withSession(EXACT))) {
      assertThat(embedder.pooling()).isEqualTo(Pooling.RANK);
      int[] tokens = embedder.tokens("ab", "c");
      assertThat(tokens)
          .containsExactly(
              TextEncoders.BEGIN,
              id(model, "▁a"),
              id(model, "b"),
              TextEncoders.END,
              id(model, "▁c"),
              TextEncoders.END);
      OracleJob job = OracleJob.of("rank", ranker, tokens, 64).withOutput(Output.POOLED);
      float[] expected = oracle.run(job).rows()[0];
      float[] scores = embedder.embed(tokens);
      assertThat(scores).hasSize(3);
      for (int i = 0; i < 3; i++) {
        assertThat(scores[i]).isCloseTo(expected[i], within(1e-4f));
      }
      assertThat(embedder.score("ab", "c")).isEqualTo(scores[0]);
      assertThat(embedder.score("ab", "d")).isNotEqualTo(scores[0]);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"classifier", "one score", "dense score"})
  void scoresManyDocuments(String head) {
    Path file =
        TextEncoders.bert(
            TextEncoders.sample("bert", head).with("pooling_type", 4),
            folder.resolve("scores.gguf"));
    List<String> documents = List.of("c", "a longer document", "", "d", "c");
    try (Embedder embedder = Embedder.open(file)) {
      float[] scores = embedder.score("ab", documents);
      RuntimeUsage usage = embedder.runtime().usage();
      assertThat(usage.steps()).isEqualTo(1);
      assertThat(usage.pieces()).isEqualTo(documents.size());
      for (int i = 0; i < scores.length; i++) {
        assertThat(scores[i]).isEqualTo(embedder.score("ab", documents.get(i)));
      }
      assertThat(scores[0]).isEqualTo(scores[4]).isNotEqualTo(scores[3]);
    }
  }

  private static int id(Model model, String token) {
    return model.tokenizer().vocabulary().id(token).orElseThrow();
  }

  @Test
  void textsContainNoControlTokens() {
    try (Embedder embedder = Embedder.open(encoder)) {
      assertThat(embedder.tokens("")).containsExactly(TextEncoders.BEGIN, TextEncoders.END);
      assertThat(embedder.tokens("[SEP]")).hasSizeGreaterThan(3).containsOnlyOnce(TextEncoders.END);
      assertThat(embedder.tokens("a", "[CLS]")).containsOnlyOnce(TextEncoders.BEGIN);
    }
  }

  @Test
  void refusesTextsThatDoNotFit() {
    int[] tokens = Logits.randomTokens(65, 320, 5);
    SessionOptions small = SessionOptions.defaults().withContextLength(64);
    try (Model model = Model.load(encoder);
        Embedder context = Embedder.open(model, EmbedOptions.defaults().withSession(small));
        Embedder batch =
            Embedder.open(
                model,
                EmbedOptions.defaults().withSession(SessionOptions.defaults().withBatch(16)))) {
      assertThatThrownBy(() -> context.embed(tokens))
          .isInstanceOf(ContextFullException.class)
          .hasMessage("the text has 65 tokens, which do not fit into a context of 64");
      assertThatThrownBy(() -> batch.embed(tokens))
          .isInstanceOf(InvalidRequestException.class)
          .hasMessage(
              "the text has 65 tokens: this model needs all of them in one batch, which is 16");
      assertThatThrownBy(() -> batch.embed(new int[] {320}))
          .isInstanceOf(InvalidRequestException.class)
          .hasMessageContaining("token id 320");
      assertThatThrownBy(() -> batch.embed(new int[0]))
          .isInstanceOf(InvalidRequestException.class)
          .hasMessageContaining("no tokens");
      assertThatThrownBy(() -> context.embed(List.of("fits", "a ".repeat(70))))
          .isInstanceOf(ContextFullException.class)
          .hasMessageMatching("text 2 has \\d+ tokens, which do not fit into a context of 64");
      assertThat(batch.embed("still works")).hasSize(128);
    }
    assertThatThrownBy(
            () ->
                Embedder.open(
                    encoder,
                    EmbedOptions.defaults()
                        .withSession(SessionOptions.defaults().withContextLength(CONTEXT + 1))))
        .isInstanceOf(InvalidRequestException.class)
        .hasMessage("context = 701: this model has learned 700 positions");
  }

  @Test
  void refusesWhatTheModelDoesNotCompute() {
    Path t5 = TextEncoders.t5(TextEncoders.sample("t5", "relu"), folder.resolve("t5.gguf"));
    assertThatThrownBy(() -> Embedder.open(t5))
        .isInstanceOf(InvalidRequestException.class)
        .hasMessage("this model of the architecture t5 computes no hidden states, only logits");
    EmbedOptions rank = EmbedOptions.defaults().withPooling(Pooling.RANK);
    assertThatThrownBy(() -> Embedder.open(encoder, rank))
        .isInstanceOf(InvalidRequestException.class)
        .hasMessageContaining("bert has no classification head (cls.weight, cls.output.weight)");
    String noLogits = "this model of the architecture bert computes no logits, only hidden states";
    try (Model model = Model.load(encoder);
        Session session = Session.open(model);
        Embedder embedder = Embedder.open(model, EmbedOptions.defaults())) {
      for (Runnable call :
          List.<Runnable>of(
              () -> Generator.open(model).close(),
              () -> session.feed(1),
              () -> session.feedAll(new int[] {1}, (position, logits) -> {}),
              () -> session.feedBatch(new int[] {1}, 1))) {
        assertThatThrownBy(call::run)
            .isInstanceOf(InvalidRequestException.class)
            .hasMessage(noLogits);
      }
      assertThatThrownBy(() -> session.feedScores(1))
          .isInstanceOf(InvalidRequestException.class)
          .hasMessageContaining("no scores of a classification head");
      assertThatThrownBy(() -> embedder.score("a", "b"))
          .isInstanceOf(InvalidRequestException.class)
          .hasMessage("pooling mean: gives no scores: expected rank");
    }
  }

  @Test
  void refusesAnUnknownPooling() {
    Sample sample = TextEncoders.sample("bert", "plain").with("pooling_type", 5);
    Path file = TextEncoders.bert(sample, folder.resolve("pooling.gguf"));
    assertThatThrownBy(() -> Embedder.open(file))
        .isInstanceOf(ModelFileException.class)
        .hasMessageContaining("bert.pooling_type");
    assertThatThrownBy(() -> Pooling.of("max"))
        .isInstanceOf(InvalidRequestException.class)
        .hasMessage("pooling max: known are none, mean, cls, last, rank");
  }

  @Test
  void anyThreadCancels() throws InterruptedException {
    try (Embedder embedder = Embedder.open(encoder)) {
      Thread other = new Thread(embedder::cancel);
      other.start();
      other.join();
      assertThatThrownBy(() -> embedder.embed("text")).isInstanceOf(CancelledException.class);
    }
  }

  @Test
  void cancelEndsTheTextsAfterABatch() {
    List<int[]> texts = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      texts.add(Logits.randomTokens(100, 320, i));
    }
    List<Integer> done = new ArrayList<>();
    try (Embedder embedder = Embedder.open(encoder)) {
      assertThatThrownBy(
              () ->
                  embedder.embedEach(
                      texts,
                      count -> {
                        done.add(count);
                        embedder.cancel();
                      }))
          .isInstanceOf(CancelledException.class);
      assertThat(done).containsExactly(5);
      assertThatThrownBy(
              () -> embedder.embedEach(texts, count -> embedder.embedEach(texts.getFirst())))
          .isInstanceOf(CancelledException.class);
    }
    try (Embedder embedder = Embedder.open(encoder)) {
      assertThatThrownBy(
              () -> embedder.embedEach(texts, count -> embedder.embedEach(texts.getFirst())))
          .isInstanceOf(IllegalUseException.class)
          .hasMessage("embedder: another thread is using it, or its own progress");
    }
  }
}
