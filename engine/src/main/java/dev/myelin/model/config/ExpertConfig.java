package dev.myelin.model.config;

/**
 * A mixture of experts. Immutable and thread-safe.
 *
 * @param count experts per layer, 0 for a dense model
 * @param used experts per token
 */
public record ExpertConfig(int count, int used) {
  public static final ExpertConfig NONE = new ExpertConfig(0, 0);

  public boolean isPresent() {
    return count > 0;
  }
}
