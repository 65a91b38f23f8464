package dev.myelin.train;

import dev.myelin.error.InvalidRequestException;

/**
 * How parameters follow their gradients: AdamW (Loshchilov and Hutter 2019) with a learning rate
 * that warms up linearly and decays along a cosine (Loshchilov and Hutter 2017).
 *
 * @param learningRate its largest value
 * @param finalLearningRate its last one
 * @param warmup steps until the largest
 * @param beta1 decay of the mean of the gradients
 * @param beta2 decay of the mean of their squares
 * @param epsilon added to the root of the latter
 * @param weightDecay share of each matrix's weights taken away, times the learning rate; norms and
 *     biases keep theirs
 * @param clip largest norm of all gradients together; larger ones are scaled down
 */
public record AdamW(
    float learningRate,
    float finalLearningRate,
    int warmup,
    float beta1,
    float beta2,
    float epsilon,
    float weightDecay,
    float clip) {

  public static final AdamW DEFAULT = new AdamW(1e-3f, 1e-4f, 100, 0.9f, 0.95f, 1e-8f, 0.1f, 1f);

  public AdamW {
    check(
        learningRate > 0 && learningRate <= 1, "learning rate", learningRate, "above 0, at most 1");
    check(
        finalLearningRate >= 0 && finalLearningRate <= learningRate,
        "final learning rate",
        finalLearningRate,
        "0 to " + learningRate);
    check(warmup >= 0, "warm-up", warmup, "0 steps or more");
    check(beta1 >= 0 && beta1 < 1, "beta1", beta1, "0 to below 1");
    check(beta2 >= 0 && beta2 < 1, "beta2", beta2, "0 to below 1");
    check(epsilon > 0 && epsilon <= 1, "epsilon", epsilon, "above 0, at most 1");
    check(weightDecay >= 0 && weightDecay <= 1, "weight decay", weightDecay, "0 to 1");
    check(clip > 0 && clip < Float.POSITIVE_INFINITY, "gradient clipping", clip, "above 0");
  }

  private static void check(boolean holds, String name, Number value, String expected) {
    if (!holds) {
      throw new InvalidRequestException(name + " = " + value + ": expected " + expected);
    }
  }

  /** The learning rate of step {@code step}, the first one 1, of {@code steps}. */
  public float rate(long step, long steps) {
    if (step <= warmup) {
      return learningRate * step / Math.max(1, warmup);
    }
    double done = Math.min(1, (step - warmup) / (double) Math.max(1, steps - warmup));
    double share = 0.5 * (1 + Math.cos(Math.PI * done));
    return (float) (finalLearningRate + (learningRate - finalLearningRate) * share);
  }

  /** What the native step reads: f32 [7]; decay for matrices only. */
  float[] settings(long step, long steps, boolean decayed) {
    return new float[] {
      rate(step, steps),
      beta1,
      beta2,
      epsilon,
      decayed ? weightDecay : 0f,
      (float) (1 / (1 - Math.pow(beta1, step))),
      (float) (1 / (1 - Math.pow(beta2, step)))
    };
  }
}
