package dev.myelin.train;

import dev.myelin.error.InvalidRequestException;

/**
 * The AdamW optimizer (Loshchilov and Hutter 2019) with a learning rate schedule of linear warmup
 * and cosine decay (Loshchilov and Hutter 2017). Immutable and thread-safe.
 *
 * @param learningRate the maximum learning rate
 * @param finalLearningRate the learning rate of the last step
 * @param warmup number of warmup steps
 * @param beta1 decay rate of the first moment
 * @param beta2 decay rate of the second moment
 * @param epsilon term added to the denominator for numerical stability
 * @param weightDecay weight decay coefficient; applied to matrices, not to norms and biases
 * @param clip maximum norm of all gradients together; larger gradients are scaled down
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
    check(warmup >= 0, "warmup", warmup, "0 steps or more");
    check(beta1 >= 0 && beta1 < 1, "beta1", beta1, "0 to below 1");
    check(beta2 >= 0 && beta2 < 1, "beta2", beta2, "0 to below 1");
    check(epsilon > 0 && epsilon <= 1, "epsilon", epsilon, "above 0, at most 1");
    check(weightDecay >= 0 && weightDecay <= 1, "weight decay", weightDecay, "0 to 1");
    check(clip > 0 && clip < Float.POSITIVE_INFINITY, "gradient clipping", clip, "above 0");
  }

  private static void check(boolean valid, String name, Number value, String expected) {
    if (!valid) {
      throw new InvalidRequestException(name + " = " + value + ": expected " + expected);
    }
  }

  /** The learning rate of a step, counted from 1, of {@code steps}. */
  public float learningRateAt(long step, long steps) {
    if (step <= warmup) {
      return learningRate * step / Math.max(1, warmup);
    }
    double progress = Math.min(1, (step - warmup) / (double) Math.max(1, steps - warmup));
    double cosine = 0.5 * (1 + Math.cos(Math.PI * progress));
    return (float) (finalLearningRate + (learningRate - finalLearningRate) * cosine);
  }

  /** The parameters of ggml's AdamW operation: f32 [7]. Weight decay is for matrices only. */
  float[] stepParameters(long step, long steps, boolean decay) {
    return new float[] {
      learningRateAt(step, steps),
      beta1,
      beta2,
      epsilon,
      decay ? weightDecay : 0f,
      (float) (1 / (1 - Math.pow(beta1, step))),
      (float) (1 / (1 - Math.pow(beta2, step)))
    };
  }
}
