package dev.myelin.generate;

import java.util.List;

/**
 * The text that a model generated. Immutable and thread-safe.
 *
 * @param text the text, without the prompt, end tokens, stop strings and an incomplete character at
 *     the end
 * @param tokens all sampled tokens, including an end token
 * @param reason why it ended
 * @param metrics token counts and times
 */
public record Generation(String text, List<Integer> tokens, FinishReason reason, Metrics metrics) {
  public Generation {
    tokens = List.copyOf(tokens);
  }
}
