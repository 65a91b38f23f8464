package dev.myelin.adapter;

import dev.myelin.error.InvalidRequestException;
import java.nio.file.Path;

/**
 * An adapter to load with a model.
 *
 * @param file a GGUF file whose {@code general.type} is {@code adapter}
 * @param scale how much of its change is added: 1 is what it was trained for, 0 nothing, a negative
 *     number takes it away
 */
public record Adapter(Path file, float scale) {
  /**
   * @throws InvalidRequestException if the scale is infinite or NaN
   */
  public Adapter {
    if (!Float.isFinite(scale)) {
      throw new InvalidRequestException(
          "adapter " + file + ": scale = " + scale + ": expected a finite number");
    }
  }

  /** As the command line writes it: {@code story.gguf=0.5}. */
  @Override
  public String toString() {
    return file + "=" + scale;
  }

  /** At scale 1. */
  public static Adapter of(Path file) {
    return new Adapter(file, 1);
  }
}
