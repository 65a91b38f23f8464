package dev.myelin.generate;

import dev.myelin.error.InvalidRequestException;
import java.util.List;

/**
 * When a generation ends. Immutable and thread-safe.
 *
 * @param maxTokens maximum number of tokens to generate; -1 means until the text ends or the
 *     context is full
 * @param stop strings that end the generation; none may be empty
 * @param ignoreEos whether to continue after end-of-generation tokens
 */
public record GenerateOptions(int maxTokens, List<String> stop, boolean ignoreEos) {
  public GenerateOptions {
    if (maxTokens < -1) {
      throw new InvalidRequestException("n = " + maxTokens + ": expected -1 (no limit) or more");
    }
    stop = List.copyOf(stop);
    if (stop.contains("")) {
      throw new InvalidRequestException("stop: a stop string is empty");
    }
  }

  /** No limit except the end of the text and the context. */
  public static GenerateOptions defaults() {
    return new GenerateOptions(-1, List.of(), false);
  }

  public static GenerateOptions tokens(int maxTokens) {
    return defaults().withMaxTokens(maxTokens);
  }

  public GenerateOptions withMaxTokens(int value) {
    return new GenerateOptions(value, stop, ignoreEos);
  }

  public GenerateOptions withStop(List<String> value) {
    return new GenerateOptions(maxTokens, value, ignoreEos);
  }

  public GenerateOptions withIgnoreEos(boolean value) {
    return new GenerateOptions(maxTokens, stop, value);
  }
}
