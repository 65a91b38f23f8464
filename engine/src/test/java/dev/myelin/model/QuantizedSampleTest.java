package dev.myelin.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.myelin.bindings.peer.LlamaContext.FlashAttention;
import dev.myelin.generate.Session;
import dev.myelin.gguf.GgmlType;
import dev.myelin.model.build.Sample;
import dev.myelin.state.CacheType;
import dev.myelin.testing.Dequantized;
import dev.myelin.testing.Logits;
import dev.myelin.testing.RandomModel.TypeMix;
import dev.myelin.testing.RandomSample;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Quantised mixtures of experts with an f16 cache: the error of each engine is measured against
 * libllama's logits with the same weights in f32, and Myelin's error is bounded by libllama's. The
 * logits have the same bits however the tokens are fed.
 */
class QuantizedSampleTest {
  private static final double MAX_ERROR_RATIO = 1.5;
  private static final double F16_BOUND = 1e-5;
  private static final int TOKENS = 150;
  private static final int CONTEXT = 512;

  @TempDir static Path folder;

  private record Case(String architecture, String sample, GgmlType experts, GgmlType others) {
    Path write(Path file) {
      Sample found =
          ModelDescription.samples(architecture).stream()
              .filter(s -> s.name().equals(sample))
              .findFirst()
              .orElseThrow();
      TypeMix types = tensor -> tensor.contains("_exps") ? experts : others;
      new RandomSample(architecture, found).writer(types).write(file);
      return file;
    }
  }

  @BeforeAll
  static void requireOracle() {
    Logits.requireOracle();
  }

  static List<Case> cases() {
    return List.of(
        new Case("gpt-oss", "yarn", GgmlType.MXFP4, GgmlType.Q8_0),
        new Case("deepseek2", "absorbed", GgmlType.Q8_0, GgmlType.Q8_0),
        new Case("deepseek2", "expanded", GgmlType.Q8_0, GgmlType.Q8_0));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void errorIsComparableToLibllamas(Case c) {
    Path file = c.write(folder.resolve("quantised.gguf"));
    Path f32 = Dequantized.write(file, folder.resolve("f32.gguf"));
    Logits exact = Logits.libllama(run(f32, CacheType.F32), FlashAttention.OFF, TOKENS);
    Logits.Run run = run(file, CacheType.F16);
    double libllamas = Logits.libllama(run, FlashAttention.OFF, TOKENS).nmse(exact);
    double ours = Logits.myelin(run, TOKENS).nmse(exact);
    System.out.println("oracle: %s: libllama %.1e; myelin %.1e".formatted(c, libllamas, ours));
    assertThat(libllamas).isLessThan(1e-2);
    assertThat(ours).isLessThanOrEqualTo(MAX_ERROR_RATIO * libllamas + F16_BOUND);
  }

  static List<Case> batches() {
    List<Case> all = new ArrayList<>(cases());
    all.add(new Case("deepseek32", "top 24", GgmlType.Q4_0, GgmlType.Q8_0));
    return all;
  }

  @ParameterizedTest
  @MethodSource("batches")
  void logitsDoNotDependOnTheBatch(Case c) {
    Logits.Run run = run(c.write(folder.resolve("batch.gguf")), CacheType.F16);
    try (Model model = Model.load(run.file());
        Session session = Session.open(model, run.options())) {
      Optional<String> dependence = session.batchDependence();
      assumeTrue(
          dependence.isEmpty(), () -> "skipped: not batch invariant here: " + dependence.get());
    }
    Logits whole = Logits.myelin(run, TOKENS);
    assertThat(Logits.myelin(run, 7).rows()).isDeepEqualTo(whole.rows());
    assertThat(Logits.myelin(run, 1).rows()).isDeepEqualTo(whole.rows());
  }

  private static Logits.Run run(Path file, CacheType cache) {
    return new Logits.Run(file, Logits.randomTokens(TOKENS, 320, 17), CONTEXT, cache, 1);
  }
}
