package dev.myelin.train;

import dev.myelin.gguf.GgufFile;
import dev.myelin.gguf.Metadata;
import dev.myelin.tokenizer.Tokenizer;

/**
 * The configuration of the model in a state file, to be compared with the options of a resumed run.
 * Immutable and thread-safe.
 *
 * @param tokenizer {@code spm} or {@code bpe}
 * @param expertsUsed 0 for a dense model
 */
public record SavedConfig(
    String tokenizer,
    int vocabulary,
    int layers,
    int width,
    int heads,
    int kvHeads,
    int feedForward,
    int experts,
    int expertsUsed,
    float ropeBase,
    boolean tied) {

  private static final float ROPE_BASE = 10_000f;

  static SavedConfig of(GgufFile state) {
    Metadata m = state.metadata();
    String prefix = m.string("general.architecture") + ".";
    int heads = m.u32(prefix + "attention.head_count");
    return new SavedConfig(
        m.string("tokenizer.ggml.model").equals("gpt2") ? "bpe" : "spm",
        Tokenizer.vocabularySize(state),
        m.u32(prefix + "block_count"),
        m.u32(prefix + "embedding_length"),
        heads,
        m.u32(prefix + "attention.head_count_kv", heads),
        m.u32(prefix + "feed_forward_length"),
        m.u32(prefix + "expert_count", 0),
        m.u32(prefix + "expert_used_count", 0),
        m.f32(prefix + "rope.freq_base", ROPE_BASE),
        state.tensor("output.weight").isEmpty());
  }
}
