package dev.myelin.sampling;

import static dev.myelin.bindings.llama.Llama_h.llama_sampler_accept;
import static dev.myelin.bindings.llama.Llama_h.llama_sampler_apply;
import static dev.myelin.bindings.llama.Llama_h.llama_sampler_free;
import static dev.myelin.bindings.llama.Llama_h.llama_sampler_init_min_p;
import static dev.myelin.bindings.llama.Llama_h.llama_sampler_init_penalties;
import static dev.myelin.bindings.llama.Llama_h.llama_sampler_init_temp;
import static dev.myelin.bindings.llama.Llama_h.llama_sampler_init_top_k;
import static dev.myelin.bindings.llama.Llama_h.llama_sampler_init_top_n_sigma;
import static dev.myelin.bindings.llama.Llama_h.llama_sampler_init_top_p;
import static dev.myelin.bindings.llama.Llama_h.llama_sampler_init_typical;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.myelin.bindings.llama.llama_token_data;
import dev.myelin.bindings.llama.llama_token_data_array;
import dev.myelin.bindings.loader.NativeLibraries;
import dev.myelin.bindings.peer.LlamaCpp;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Compares with libllama's samplers on the same logits: same tokens, same probabilities. */
class OracleSamplersTest {
  private static final int[] SIZES = {17, 1000, 5000};

  @BeforeAll
  static void load() {
    NativeLibraries.load();
    Optional<Path> llama = NativeLibraries.llamaLibrary();
    assumeTrue(llama.isPresent(), "skipped: no libllama next to the ggml in use");
    LlamaCpp.load();
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 40, 999, 100_000})
  void topKMatchesLibllama(int k) {
    for (float[] logits : samples()) {
      compare(llama_sampler_init_top_k(k), TestLogits.neutral().withTopK(k), logits);
    }
  }

  @ParameterizedTest
  @ValueSource(floats = {0f, 0.1f, 0.5f, 0.9f, 0.95f, 0.999f})
  void topPMatchesLibllama(float p) {
    for (float[] logits : samples()) {
      compare(llama_sampler_init_top_p(p, 0), TestLogits.neutral().withTopP(p), logits);
    }
  }

  @ParameterizedTest
  @ValueSource(floats = {1e-6f, 0.05f, 0.5f, 1f})
  void minPMatchesLibllama(float p) {
    for (float[] logits : samples()) {
      compare(llama_sampler_init_min_p(p, 0), TestLogits.neutral().withMinP(p), logits);
    }
  }

  @ParameterizedTest
  @ValueSource(floats = {0.05f, 0.2f, 0.7f, 0.95f})
  void typicalMatchesLibllama(float p) {
    for (float[] logits : samples()) {
      compare(llama_sampler_init_typical(p, 0), TestLogits.neutral().withTypicalP(p), logits);
    }
  }

  @ParameterizedTest
  @ValueSource(floats = {0.3f, 1f, 2.5f})
  void topNSigmaMatchesLibllama(float n) {
    for (float[] logits : samples()) {
      compare(llama_sampler_init_top_n_sigma(n), TestLogits.neutral().withTopNSigma(n), logits);
    }
  }

  @ParameterizedTest
  @ValueSource(floats = {0.01f, 0.8f, 1.7f, 100f})
  void temperatureMatchesLibllama(float temperature) {
    for (float[] logits : samples()) {
      compare(
          llama_sampler_init_temp(temperature),
          TestLogits.neutral().withTemperature(temperature),
          logits);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 5, 64, 300})
  void penaltiesMatchLibllama(int lastN) {
    for (float[] logits : samples()) {
      MemorySegment oracle = llama_sampler_init_penalties(logits.length, lastN, 1.3f, 0.25f, -0.4f);
      SamplingOptions options =
          TestLogits.neutral()
              .withRepeatLastN(lastN)
              .withRepeatPenalty(1.3f)
              .withFrequencyPenalty(0.25f)
              .withPresencePenalty(-0.4f);
      TokenHistory history = new TokenHistory(logits.length, lastN);
      Random random = new Random(lastN);
      for (int i = 0; i < 200; i++) {
        int token = random.nextInt(Math.min(logits.length, 90));
        llama_sampler_accept(oracle, token);
        history.accept(token);
      }
      compare(oracle, options, history, logits);
    }
  }

  private static float[][] samples() {
    float[][] samples = new float[SIZES.length * 2][];
    for (int i = 0; i < SIZES.length; i++) {
      samples[2 * i] = TestLogits.gaussian(SIZES[i], 1, i);
      samples[2 * i + 1] = TestLogits.gaussian(SIZES[i], 4, 100 + i);
    }
    return samples;
  }

  private static void compare(MemorySegment oracle, SamplingOptions options, float[] logits) {
    compare(oracle, options, new TokenHistory(logits.length, 0), logits);
  }

  private static void compare(
      MemorySegment oracle, SamplingOptions options, TokenHistory history, float[] logits) {
    Map<Integer, Float> expected = oracleLogits(oracle, logits);
    Candidates candidates = TestLogits.candidates(logits);
    SamplerChain.of(options, history).forEach(stage -> stage.apply(candidates));
    Map<Integer, Float> actual = new TreeMap<>();
    for (int i = 0; i < candidates.size(); i++) {
      actual.put(candidates.id(i), candidates.logit(i));
    }
    // libllama sums probabilities in float32, which moves the threshold by a token or two
    Set<Integer> different = new HashSet<>(actual.keySet());
    different.addAll(expected.keySet());
    different.removeIf(id -> actual.containsKey(id) && expected.containsKey(id));
    boolean sums = options.topP() < 1 || options.typicalP() < 1;
    assertThat(probability(different, logits)).isLessThanOrEqualTo(sums ? 1e-5 : 0);
    actual.keySet().retainAll(expected.keySet());
    expected.keySet().retainAll(actual.keySet());
    // only differences of logits matter: our temperature shifts the maximum to 0
    float shift = max(expected) - max(actual);
    expected.forEach(
        (id, logit) -> assertThat(actual.get(id) + shift).isCloseTo(logit, within(1e-3f)));
  }

  /** The total probability of these tokens. */
  private static double probability(Set<Integer> ids, float[] logits) {
    Candidates all = TestLogits.candidates(logits);
    double sum = all.computeWeights();
    return ids.stream().mapToDouble(id -> all.weights[id] / sum).sum();
  }

  private static float max(Map<Integer, Float> logits) {
    return logits.values().stream().max(Float::compare).orElseThrow();
  }

  /** Applies and frees a sampler; returns the tokens it keeps. */
  private static Map<Integer, Float> oracleLogits(MemorySegment sampler, float[] logits) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment data = llama_token_data.allocateArray(logits.length, arena);
      for (int i = 0; i < logits.length; i++) {
        MemorySegment entry = llama_token_data.asSlice(data, i);
        llama_token_data.id(entry, i);
        llama_token_data.logit(entry, logits[i]);
      }
      MemorySegment array = llama_token_data_array.allocate(arena);
      llama_token_data_array.data(array, data);
      llama_token_data_array.size(array, logits.length);
      llama_token_data_array.selected(array, -1);
      llama_token_data_array.sorted(array, false);
      llama_sampler_apply(sampler, array);
      Map<Integer, Float> kept = new TreeMap<>();
      for (long i = 0; i < llama_token_data_array.size(array); i++) {
        MemorySegment entry = llama_token_data.asSlice(data, i);
        if (llama_token_data.logit(entry) > Float.NEGATIVE_INFINITY) {
          kept.put(llama_token_data.id(entry), llama_token_data.logit(entry));
        }
      }
      return kept;
    } finally {
      llama_sampler_free(sampler);
    }
  }
}
