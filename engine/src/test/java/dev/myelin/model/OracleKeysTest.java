package dev.myelin.model;

import static org.assertj.core.api.Assertions.assertThat;

import dev.myelin.bindings.peer.LlamaContext.FlashAttention;
import dev.myelin.state.CacheType;
import dev.myelin.testing.ChangedModel;
import dev.myelin.testing.Logits;
import dev.myelin.testing.RandomModel;
import dev.myelin.testing.RandomModel.Feature;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Files with unusual keys that libllama accepts: compares the logits with libllama's. */
class OracleKeysTest {
  private static final MemorySegment LLAMA = RandomModel.small("llama").writer().toBytes();
  private static final MemorySegment EXPERTS =
      RandomModel.small("llama").with(Feature.EXPERTS).writer().toBytes();
  private static final int VOCABULARY = RandomModel.small("llama").shape().vocabulary();

  @TempDir static Path folder;

  private record Case(String name, MemorySegment base, UnaryOperator<ChangedModel> change) {
    @Override
    public String toString() {
      return name;
    }
  }

  @BeforeAll
  static void requireOracle() {
    Logits.requireOracle();
  }

  static List<Case> cases() {
    String type = "tokenizer.ggml.model";
    return List.of(
        changed(
            "heads of keys and values by layer",
            m -> m.put("llama.attention.head_count_kv", new int[] {2, 2, 2})),
        changed("heads by layer", m -> m.put("llama.attention.head_count", new int[] {8, 8, 8})),
        changed(
            "feed-forward widths by layer",
            m -> m.put("llama.feed_forward_length", new int[] {512, 512, 512})),
        new Case(
            "experts used by layer",
            EXPERTS,
            m -> m.put("llama.expert_used_count", new int[] {2, 2, 2})),
        changed("a vocab_size too small", m -> m.put("llama.vocab_size", VOCABULARY - 8)),
        changed("a vocab_size too large", m -> m.put("llama.vocab_size", VOCABULARY + 8)),
        changed("no_vocab", m -> withoutVocabulary(m).put(type, "no_vocab")),
        changed("none", m -> withoutVocabulary(m).put(type, "none")),
        changed(
            "special tokens beyond the vocabulary",
            m ->
                m.put("tokenizer.ggml.eot_token_id", 99_999)
                    .put("tokenizer.ggml.bos_token_id", VOCABULARY)),
        changed(
            "values that change nothing",
            m ->
                m.put("llama.attention.causal", true)
                    .put("llama.logit_scale", 1f)
                    .put("llama.attention.sliding_window", 0)
                    .put("llama.pooling_type", 3)
                    .put("llama.rope.freq_base_swa", 5f)
                    .put("llama.rope.dimension_sections", new int[] {4, 6, 6, 0})));
  }

  private static Case changed(String name, UnaryOperator<ChangedModel> change) {
    return new Case(name, LLAMA, change);
  }

  private static ChangedModel withoutVocabulary(ChangedModel model) {
    for (String key :
        List.of(
            "tokens", "scores", "token_type", "merges", "pre", "bos_token_id", "eos_token_id")) {
      model.drop("tokenizer.ggml." + key);
    }
    return model.drop("tokenizer.ggml.unknown_token_id").put("llama.vocab_size", VOCABULARY);
  }

  @ParameterizedTest
  @MethodSource("cases")
  void matchesLibllamaLogits(Case c) {
    Path file = folder.resolve("changed.gguf");
    c.change.apply(new ChangedModel(c.base)).write(file);
    int[] tokens = Logits.randomTokens(20, VOCABULARY, 3);
    Logits.Run run = new Logits.Run(file, tokens, 64, CacheType.F32, 1);
    Logits oracle = Logits.libllama(run, FlashAttention.OFF, tokens.length);
    assertThat(Logits.myelin(run, tokens.length).nmse(oracle)).isLessThanOrEqualTo(1e-6);
  }
}
