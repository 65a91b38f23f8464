package dev.myelin.generate;

import java.util.List;

/**
 * What a model wrote.
 *
 * @param text the text, without the prompt, end tokens and stop strings; where it ends within a
 *     character, without that part of it
 * @param tokens all tokens sampled, an end token included
 * @param reason why it ended
 * @param metrics how long it took
 */
public record Generation(String text, List<Integer> tokens, FinishReason reason, Metrics metrics) {
  public Generation {
    tokens = List.copyOf(tokens);
  }
}
