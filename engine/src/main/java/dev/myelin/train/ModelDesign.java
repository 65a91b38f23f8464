package dev.myelin.train;

import dev.myelin.error.InvalidRequestException;

/**
 * The shape of a model to be trained from nothing: a decoder of the llama architecture.
 *
 * @param layers decoder layers
 * @param width length of the residual stream
 * @param heads query heads
 * @param kvHeads heads of keys and values, a divisor of {@code heads}
 * @param feedForward inner width of a feed-forward layer, or of one expert
 * @param context positions of a window
 * @param tied whether the output is the embedding again
 * @param experts experts of a layer, 0 for a dense model
 * @param expertsUsed experts that a token is sent to
 * @param ropeBase frequency base of the rotary positions
 * @param embeddingDeviation deviation of the first embeddings. Of tokens of one kind, such as
 *     names, short embeddings come to lie all on one spot; longer ones stay apart, so that a model
 *     learns earlier to repeat the name that it has read
 */
public record ModelDesign(
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

  /** As GPT-2's (Radford et al. 2019). */
  public static final float EMBEDDING_DEVIATION = 0.02f;

  private static final int MOST = 1 << 16;

  public ModelDesign {
    check(layers >= 1 && layers <= 512, "layers", layers, "1 to 512");
    check(width >= 2 && width <= MOST, "width", width, "2 to " + MOST);
    check(heads >= 1 && width % heads == 0, "heads", heads, "a divisor of the width " + width);
    check(width / heads % 2 == 0, "heads", heads, "heads of an even size: " + width + " / heads");
    check(kvHeads >= 1 && heads % kvHeads == 0, "kv heads", kvHeads, "a divisor of " + heads);
    check(feedForward >= 1 && feedForward <= 4 * MOST, "feed-forward", feedForward, "1 or more");
    check(context >= 2 && context <= MOST, "context", context, "2 to " + MOST);
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

  /** Dense, tied, rotary positions of base 10000. */
  public static ModelDesign dense(
      int layers, int width, int heads, int kvHeads, int feedForward, int context) {
    return new ModelDesign(
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

  private static void check(boolean holds, String name, Number value, String expected) {
    if (!holds) {
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
