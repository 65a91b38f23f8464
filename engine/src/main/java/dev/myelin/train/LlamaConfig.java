package dev.myelin.train;

import dev.myelin.error.InvalidRequestException;

/**
 * The configuration of a new model: a decoder of the llama architecture. Immutable and thread-safe.
 *
 * @param layers decoder layers
 * @param width embedding length
 * @param heads query heads
 * @param kvHeads KV heads, a divisor of {@code heads}
 * @param feedForward feed-forward length of a layer, or of one expert
 * @param context context length
 * @param tied whether the output matrix is the embedding
 * @param experts experts per layer, 0 for a dense model
 * @param expertsUsed experts used per token
 * @param ropeBase RoPE frequency base
 * @param embeddingDeviation standard deviation of the initial embeddings. With small values the
 *     embeddings of similar tokens, such as names, collapse to one point; larger values keep them
 *     apart, so that a model learns earlier to repeat a name from its context
 */
public record LlamaConfig(
    int layers,
    int width,
    int heads,
    int kvHeads,
    int feedForward,
    int context,
    boolean tied,
    int experts,
    int expertsUsed,
    float ropeBase,
    float embeddingDeviation) {

  /** The value of GPT-2 (Radford et al. 2019). */
  public static final float EMBEDDING_DEVIATION = 0.02f;

  private static final int MAX_SIZE = 1 << 16;

  public LlamaConfig {
    check(layers >= 1 && layers <= 512, "layers", layers, "1 to 512");
    check(width >= 2 && width <= MAX_SIZE, "width", width, "2 to " + MAX_SIZE);
    check(heads >= 1 && width % heads == 0, "heads", heads, "a divisor of the width " + width);
    check(width / heads % 2 == 0, "heads", heads, "heads of an even size: " + width + " / heads");
    check(kvHeads >= 1 && heads % kvHeads == 0, "kv heads", kvHeads, "a divisor of " + heads);
    check(
        feedForward >= 1 && feedForward <= 4 * MAX_SIZE, "feed-forward", feedForward, "1 or more");
    check(context >= 2 && context <= MAX_SIZE, "context", context, "2 to " + MAX_SIZE);
    check(experts == 0 || experts >= 2 && experts <= 256, "experts", experts, "0 or 2 to 256");
    boolean fits = experts == 0 ? expertsUsed == 0 : expertsUsed >= 1 && expertsUsed <= experts;
    check(fits, "experts used", expertsUsed, experts == 0 ? "0" : "1 to " + experts);
    check(ropeBase > 1 && ropeBase < 1e12f, "rope base", ropeBase, "above 1");
    check(
        embeddingDeviation > 0 && embeddingDeviation <= 1,
        "embedding deviation",
        embeddingDeviation,
        "above 0, at most 1");
  }

  /** A dense model with tied embeddings and RoPE base 10000. */
  public static LlamaConfig dense(
      int layers, int width, int heads, int kvHeads, int feedForward, int context) {
    return new LlamaConfig(
        layers,
        width,
        heads,
        kvHeads,
        feedForward,
        context,
        true,
        0,
        0,
        10_000f,
        EMBEDDING_DEVIATION);
  }

  private static void check(boolean valid, String name, Number value, String expected) {
    if (!valid) {
      throw new InvalidRequestException(name + " = " + value + ": expected " + expected);
    }
  }

  int headSize() {
    return width / heads;
  }

  int kvWidth() {
    return kvHeads * headSize();
  }
}
