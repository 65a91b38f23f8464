package dev.myelin.model;

import static org.assertj.core.api.Assertions.assertThat;

import dev.myelin.bindings.peer.LlamaContext.FlashAttention;
import dev.myelin.model.build.Sample;
import dev.myelin.state.CacheType;
import dev.myelin.testing.Logits;
import dev.myelin.testing.RandomSample;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What every registered architecture must do: each of its samples, as a model of random f32
 * weights, has the logits of libllama at every position; fed whole, 3 tokens or 1 token at a time.
 * The prompt is longer than every window and every original context of the samples. The system
 * property {@code contract} is a regular expression for some architectures only.
 */
class ArchitectureContractTest {
  private static final double BOUND = 1e-6;
  private static final int TOKENS = 150;
  private static final int CONTEXT = 512;

  @TempDir static Path folder;

  @BeforeAll
  static void requireOracle() {
    Logits.requireOracle();
  }

  static List<RandomSample> samples() {
    List<RandomSample> all = new ArrayList<>();
    for (String architecture : Architectures.names()) {
      if (!architecture.matches(System.getProperty("contract", ".*"))) {
        continue;
      }
      for (Sample sample : ModelDescription.samples(architecture)) {
        all.add(new RandomSample(architecture, sample));
      }
    }
    return all;
  }

  @Test
  void everyArchitectureHasSamples() {
    for (String architecture : Architectures.names()) {
      assertThat(ModelDescription.samples(architecture)).as(architecture).isNotEmpty();
    }
  }

  @ParameterizedTest
  @MethodSource("samples")
  void matchesLibllamaLogits(RandomSample sample) {
    Path file = sample.write(folder.resolve("sample.gguf"));
    int[] tokens = Logits.randomTokens(TOKENS, (int) sample.sample().keys().get("vocab_size"), 17);
    Logits.Run run = new Logits.Run(file, tokens, CONTEXT, CacheType.F32, 1);
    Logits oracle = Logits.libllama(run, FlashAttention.OFF, tokens.length);
    StringBuilder report = new StringBuilder("contract: " + sample);
    for (int chunk : new int[] {tokens.length, 3, 1}) {
      double nmse = Logits.myelin(run, chunk).nmse(oracle);
      report.append("; %s at a time %.1e".formatted(chunk, nmse));
      assertThat(nmse).as("%s, %s at a time", sample, chunk).isLessThanOrEqualTo(BOUND);
    }
    System.out.println(report);
  }
}
