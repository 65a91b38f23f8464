package dev.myelin.adapter;

import dev.myelin.error.InvalidRequestException;
import java.nio.file.Path;

/**
 * A LoRA adapter to load with a model. Immutable and thread-safe.
 *
 * @param file a GGUF file whose {@code general.type} is {@code adapter}
 * @param scale factor of its update: 1 as trained, 0 for none, negative to subtract it
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

  /** The command line's notation: {@code story.gguf=0.5}. */
  @Override
  public String toString() {
    return file + "=" + scale;
  }

  /** An adapter with scale 1. */
  public static Adapter of(Path file) {
    return new Adapter(file, 1);
  }
}
