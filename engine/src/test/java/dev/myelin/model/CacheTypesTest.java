package dev.myelin.model;

import static org.assertj.core.api.Assertions.assertThat;

import dev.myelin.generate.Session;
import dev.myelin.generate.SessionOptions;
import dev.myelin.state.CacheType;
import dev.myelin.testing.Logits;
import dev.myelin.testing.RandomModel;
import dev.myelin.testing.RandomModel.Shape;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Compares logits over a cache of each type with those over an f32 cache. */
class CacheTypesTest {
  private static final int TOKENS = 90;

  @TempDir static Path folder;

  private static Path file;
  private static int[] tokens;
  private static Logits expected;

  @BeforeAll
  static void f32() {
    RandomModel model = RandomModel.small("llama").withShape(Shape.SMALL.withLayers(2));
    file = model.write(folder.resolve("model.gguf"));
    tokens = Logits.randomTokens(TOKENS, model.shape().vocabulary(), 3);
    expected = logits(CacheType.F32, CacheType.F32, TOKENS);
  }

  @ParameterizedTest
  @EnumSource(CacheType.class)
  void ofKeysAndValues(CacheType type) {
    assertThat(logits(type, type, TOKENS).nmse(expected)).isLessThan(2 * bound(type));
  }

  @ParameterizedTest
  @EnumSource(CacheType.class)
  void ofValuesOnly(CacheType type) {
    Logits whole = logits(CacheType.F32, type, TOKENS);
    assertThat(whole.nmse(expected)).isLessThan(bound(type));
    assertThat(logits(CacheType.F32, type, 7).rows()).isDeepEqualTo(whole.rows());
  }

  @Test
  void sizeIsThatOfBoth() {
    assertThat(cacheBytes(CacheType.F32, CacheType.Q8_0) * 2)
        .isEqualTo(
            cacheBytes(CacheType.F32, CacheType.F32) + cacheBytes(CacheType.Q8_0, CacheType.Q8_0));
  }

  private static SessionOptions options(CacheType keys, CacheType values) {
    return SessionOptions.defaults()
        .withContextLength(128)
        .withThreads(1)
        .withCacheTypes(keys, values);
  }

  private static Logits logits(CacheType keys, CacheType values, int chunk) {
    try (Model model = Model.load(file);
        Session session = Session.open(model, options(keys, values))) {
      return Logits.myelin(session, tokens, chunk);
    }
  }

  private static long cacheBytes(CacheType keys, CacheType values) {
    try (Model model = Model.load(file);
        Session session = Session.open(model, options(keys, values))) {
      return session.cacheBytes();
    }
  }

  private static double bound(CacheType type) {
    return switch (type) {
      case F32 -> 1e-12;
      case F16 -> 1e-6;
      case BF16, Q8_0 -> 1e-4;
      case Q5_1, Q5_0 -> 3e-3;
      case Q4_1, Q4_0, IQ4_NL -> 1e-2;
    };
  }
}
