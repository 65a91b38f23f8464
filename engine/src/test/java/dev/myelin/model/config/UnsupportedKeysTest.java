package dev.myelin.model.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.myelin.error.ModelFileException;
import dev.myelin.error.UnsupportedModelException;
import dev.myelin.generate.Session;
import dev.myelin.generate.SessionOptions;
import dev.myelin.model.Architectures;
import dev.myelin.model.Model;
import dev.myelin.model.ModelDescription;
import dev.myelin.model.build.Sample;
import dev.myelin.testing.ChangedModel;
import dev.myelin.testing.Logits;
import dev.myelin.testing.RandomModel;
import dev.myelin.testing.RandomModel.Shape;
import dev.myelin.testing.RandomSample;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Keys that change the computation are either supported or rejected by name. */
class UnsupportedKeysTest {
  private static final Shape TINY = new Shape(2, 64, 4, 2, 16, 96, 320, 128);

  /** Neutral values of the keys for which 0 is not neutral. */
  private static final Map<String, Object> NEUTRAL =
      Map.of(
          "expert_weights_norm", true,
          "rope.scaling.yarn_beta_fast", 32f,
          "use_parallel_residual", false,
          "swin_norm", false,
          "hrm.prefix_lm", false,
          "norm_before_residual", false);

  /** Unchanged files, by architecture. */
  private static final Map<String, MemorySegment> VALID = new HashMap<>();

  /** Logits of the unchanged files, by architecture. */
  private static final Map<String, float[]> UNCHANGED = new HashMap<>();

  @TempDir static Path folder;

  private record Case(String architecture, String key, Object value, boolean rejected) {}

  private static MemorySegment validModel(String architecture) {
    return VALID.computeIfAbsent(architecture, UnsupportedKeysTest::write);
  }

  private static MemorySegment write(String architecture) {
    return switch (architecture) {
      case "gpt2" -> tiny("gpt2").withShape(TINY.withHeads(4, 4, 16)).writer().toBytes();
      case "llama", "qwen2", "qwen3" -> tiny(architecture).writer().toBytes();
      default -> {
        Sample first = ModelDescription.samples(architecture).getFirst();
        yield new RandomSample(architecture, first).writer().toBytes();
      }
    };
  }

  private static RandomModel tiny(String architecture) {
    return RandomModel.small(architecture).withShape(TINY);
  }

  /** Whether samples of the architecture have the key. */
  private static boolean reads(String architecture, String key) {
    return ModelDescription.samples(architecture).stream()
        .anyMatch(sample -> sample.keys().containsKey(key));
  }

  static List<Case> cases() {
    List<Case> cases = new ArrayList<>();
    for (String architecture : Architectures.names()) {
      if (!reads(architecture, "attention.causal")) {
        cases.add(new Case(architecture, "attention.causal", false, true));
      }
      cases.add(new Case(architecture, "logit_scale", 0.25f, true));
    }
    TreeSet<String> keys = new TreeSet<>(UnsupportedKeys.names());
    keys.remove("attention.causal"); // llama reads it
    for (String key : keys) {
      Object neutral = NEUTRAL.get(key);
      if (neutral instanceof Boolean flag) {
        cases.add(new Case("llama", key, flag, false));
        cases.add(new Case("llama", key, !flag, true));
      } else {
        cases.add(new Case("llama", key, neutral == null ? 0 : neutral, false));
        cases.add(new Case("llama", key, 7, true));
        cases.add(new Case("llama", key, 0.37f, true));
        cases.add(new Case("llama", key, new int[] {0, 7}, true));
        cases.add(new Case("llama", key, Float.NaN, true));
      }
      cases.add(new Case("llama", key, "yes", true));
    }
    for (String key : List.of("residual_scale", "expert_gating_func", "expert_group_count")) {
      cases.add(new Case("qwen3", key, 1, false));
    }
    cases.add(new Case("llama", "attention.rope_pattern", new int[] {1, 1}, false));
    cases.add(new Case("llama", "attention.rope_pattern", new int[513], true));
    cases.add(new Case("llama", "attention.scale", 0.25f, false));
    cases.add(new Case("llama", "attention.scale", 0f, false));
    cases.add(new Case("llama", "attention.scale", 0.125f, true));
    cases.add(new Case("llama", "attention.scale", Float.NaN, true));
    cases.add(new Case("llama", "hidden_activation", "silu", false));
    cases.add(new Case("llama", "hidden_activation", "gelu", true));
    cases.add(new Case("gpt2", "hidden_activation", "gelu_new", false));
    cases.add(new Case("gpt2", "hidden_activation", "silu", true));
    cases.add(new Case("llama", "a_key_that_nobody_knows", 5, false));
    return cases;
  }

  @ParameterizedTest
  @MethodSource("cases")
  void rejectsOrIgnoresKey(Case c) {
    Path file = folder.resolve("changed.gguf");
    String key = c.architecture + "." + c.key;
    new ChangedModel(validModel(c.architecture)).put(key, c.value).write(file);
    if (c.rejected) {
      assertThatThrownBy(() -> Model.load(file))
          .isInstanceOf(UnsupportedModelException.class)
          .hasMessageStartingWith(file + ": key " + key + " = ")
          .hasMessageContaining("expected ")
          .message()
          .doesNotContain("\n");
    } else {
      assertThat(logits(file))
          .isEqualTo(UNCHANGED.computeIfAbsent(c.architecture, this::unchangedLogits));
    }
  }

  private float[] unchangedLogits(String architecture) {
    Path file = folder.resolve("plain.gguf");
    new ChangedModel(validModel(architecture)).write(file);
    return logits(file);
  }

  @Test
  void shapesOfLayersMayDiffer() {
    Path file = folder.resolve("layers.gguf");
    new ChangedModel(validModel("llama"))
        .put("llama.attention.head_count_kv", new int[] {2, 4})
        .write(file);
    assertThatThrownBy(() -> Model.load(file))
        .isInstanceOf(ModelFileException.class)
        .hasMessageContaining("tensor blk.1.attn_k.weight has shape [64, 32]: expected [64, 64]");
  }

  private static float[] logits(Path file) {
    try (Model model = Model.load(file);
        Session session = Session.open(model, SessionOptions.defaults().withThreads(1))) {
      return Logits.copy(session.feed(1, 2, 3));
    }
  }
}
