package dev.myelin.testing;

import dev.myelin.gguf.GgufWriter;
import dev.myelin.testing.RandomModel.Feature;
import dev.myelin.testing.RandomModel.Shape;

/** The metadata keys of a {@link RandomModel}'s hyperparameters. */
final class RandomMetadata {
  private static final float EPSILON = 1e-5f;
  private static final float ROPE_FACTOR = 4f;
  private static final float LONG_ATTENTION = 1.19f;

  private RandomMetadata() {}

  static void put(GgufWriter w, RandomModel model) {
    Shape shape = model.shape();
    String a = model.architecture() + ".";
    boolean gpt2 = model.architecture().equals("gpt2");
    w.put("general.architecture", model.architecture());
    w.put("general.name", "random");
    w.put(a + "block_count", shape.layers());
    w.put(a + "embedding_length", shape.width());
    w.put(a + "context_length", shape.contextLength());
    w.put(a + "feed_forward_length", shape.feedForward());
    w.put(a + "attention.head_count", shape.heads());
    if (gpt2) {
      w.put(a + "attention.layer_norm_epsilon", EPSILON);
      return;
    }
    w.put(a + "attention.head_count_kv", shape.kvHeads());
    w.put(a + "attention.layer_norm_rms_epsilon", EPSILON);
    if (shape.headSize() * shape.heads() != shape.width()) {
      w.put(a + "attention.key_length", shape.headSize());
      w.put(a + "attention.value_length", shape.headSize());
    }
    w.put(a + "rope.dimension_count", shape.headSize());
    if (model.has(Feature.EXPERTS)) {
      w.put(a + "expert_count", RandomModel.EXPERTS);
      w.put(a + "expert_used_count", RandomModel.EXPERTS_USED);
    }
    putRope(w, model, a + "rope.");
  }

  private static void putRope(GgufWriter w, RandomModel model, String rope) {
    if (model.has(Feature.ROPE_BASE)) {
      w.put(rope + "freq_base", 1e6f);
    }
    if (model.has(Feature.ROPE_LINEAR)) {
      w.put(rope + "scaling.type", "linear");
      w.put(rope + "scaling.factor", ROPE_FACTOR);
    }
    if (model.has(Feature.ROPE_YARN)) {
      w.put(rope + "scaling.type", "yarn");
      w.put(rope + "scaling.factor", ROPE_FACTOR);
      w.put(rope + "scaling.original_context_length", RandomModel.ORIGINAL_CONTEXT);
    }
    if (model.has(Feature.ROPE_LONG)) {
      w.put(rope + "scaling.type", "longrope");
      w.put(rope + "scaling.attn_factor", LONG_ATTENTION);
      w.put(rope + "scaling.original_context_length", RandomModel.ORIGINAL_CONTEXT);
    }
  }
}
