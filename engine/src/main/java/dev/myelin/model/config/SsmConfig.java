package dev.myelin.model.config;

/**
 * The shape of a recurrent mixer: a state space model, or linear attention, which stores its own
 * numbers under the same keys. Immutable and thread-safe.
 *
 * @param kernel positions that a token's convolution sees, itself included: {@code ssm.conv_kernel}
 * @param inner values of all heads of a position: {@code ssm.inner_size}
 * @param state values of a group's B or C, or of a key head: {@code ssm.state_size}
 * @param heads {@code ssm.time_step_rank}
 * @param groups groups of heads with the same B and C, or key heads: {@code ssm.group_count}; a
 *     divisor of heads
 */
public record SsmConfig(int kernel, int inner, int state, int heads, int groups) {
  private static final int MAX_KERNEL = 1 << 10;
  private static final int MAX_STATE = 1 << 14;

  static SsmConfig of(Config c) {
    int kernel = c.intBetween("ssm.conv_kernel", 2, MAX_KERNEL);
    int inner = c.intBetween("ssm.inner_size", 1, Config.MAX_WIDTH);
    int state = c.intBetween("ssm.state_size", 1, MAX_STATE);
    int heads = c.intBetween("ssm.time_step_rank", 1, inner);
    int groups = c.intBetween("ssm.group_count", 1, heads);
    if (inner % heads != 0) {
      throw c.error("ssm.time_step_rank", "a divisor of ssm.inner_size " + inner);
    }
    if (heads % groups != 0) {
      throw c.error("ssm.group_count", "a divisor of ssm.time_step_rank " + heads);
    }
    if (2L * groups * state > Config.MAX_WIDTH) {
      throw c.error("ssm.group_count", "groups of " + Config.MAX_WIDTH / 2 + " values in all");
    }
    if ((long) state * inner > Integer.MAX_VALUE) {
      throw c.error("ssm.state_size", "a state of " + Integer.MAX_VALUE + " values at most");
    }
    return new SsmConfig(kernel, inner, state, heads, groups);
  }

  /** Values per head. */
  public int headSize() {
    return inner / heads;
  }

  /** Values of all groups' B or C, or of all key heads. */
  public int groupWidth() {
    return groups * state;
  }

  /** Channels of the convolution: the heads, and B and C of each group. */
  public int channels() {
    return inner + 2 * groupWidth();
  }

  /** Values of the state of the convolution. */
  public long convolutionElements() {
    return (kernel - 1L) * channels();
  }

  /** Values of the states of all heads. */
  public long stateElements() {
    return (long) state * inner;
  }
}
