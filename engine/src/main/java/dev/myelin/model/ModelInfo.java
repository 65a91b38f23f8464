package dev.myelin.model;

import dev.myelin.model.config.ExpertConfig;
import dev.myelin.model.config.LayerConfig;
import dev.myelin.pass.Output;
import dev.myelin.state.ModelStates;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;

/**
 * What the rest of the engine knows about a model. Immutable and thread-safe.
 *
 * @param architecture value of {@code general.architecture}
 * @param width length of the residual stream (n_embd)
 * @param contextLength context length of training
 * @param vocabulary number of tokens
 * @param maxPositions the number of learned positions, which no context exceeds; empty if positions
 *     are computed
 * @param layers shapes of the layers
 * @param experts the mixture of experts, {@link ExpertConfig#NONE} for a dense model
 * @param states what the model stores of a sequence
 * @param outputs what a pass can emit
 * @param hasEncoder whether an encoder runs before the decoder
 */
public record ModelInfo(
    String architecture,
    int width,
    int contextLength,
    int vocabulary,
    OptionalInt maxPositions,
    List<LayerConfig> layers,
    ExpertConfig experts,
    ModelStates states,
    Set<Output> outputs,
    boolean hasEncoder) {
  /** Whether the model computes logits: it can generate text. */
  public boolean hasLogits() {
    return outputs.contains(Output.LOGITS);
  }

  /** Whether the model computes hidden states: it can embed text. */
  public boolean hasHidden() {
    return outputs.contains(Output.HIDDEN);
  }
}
