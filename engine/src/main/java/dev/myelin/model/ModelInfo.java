package dev.myelin.model;

import dev.myelin.error.InvalidRequestException;
import dev.myelin.model.build.ModelBuilder;
import dev.myelin.model.build.Network;
import dev.myelin.model.config.Config;
import dev.myelin.model.config.ExpertConfig;
import dev.myelin.model.config.LayerConfig;
import dev.myelin.pass.Output;
import dev.myelin.state.ModelStates;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import java.util.StringJoiner;

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
 * @param decoderStart the token that begins a decoder's text, if the file names one
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
    boolean hasEncoder,
    OptionalInt decoderStart) {

  static ModelInfo of(Config config, ModelBuilder builder, Network network) {
    List<LayerConfig> layers = new ArrayList<>();
    for (int i = 0; i < config.layers(); i++) {
      layers.add(config.layer(i));
    }
    boolean hasEncoder = network.has(Network.ENCODE);
    return new ModelInfo(
        config.architecture(),
        config.width(),
        config.contextLength(),
        config.vocabulary(),
        builder.maxPositions(),
        List.copyOf(layers),
        config.experts(config.layers() - 1),
        builder.states(),
        network.outputs(),
        hasEncoder,
        hasEncoder ? config.encoder().decoderStart() : OptionalInt.empty());
  }

  /** Whether the model computes logits. */
  public boolean hasLogits() {
    return outputs.contains(Output.LOGITS);
  }

  /** Whether the model computes a hidden state of each position, to embed texts. */
  public boolean hasHiddenStates() {
    return outputs.contains(Output.HIDDEN);
  }

  /** Whether the model has a classification head. */
  public boolean hasScores() {
    return outputs.contains(Output.SCORES);
  }

  /** Whether a sequence is computed in one pass: nothing is kept of it. */
  public boolean isOnePass() {
    return states.isOnePass();
  }

  /**
   * Checks that the model computes logits.
   *
   * @throws InvalidRequestException naming the architecture and what it computes
   */
  public void requireLogits() {
    requireOutput(Output.LOGITS);
  }

  /**
   * Checks that the model predicts the next token, and so generates text.
   *
   * @throws InvalidRequestException naming the architecture and what it computes, or its attention
   */
  public void requireGeneration() {
    requireLogits();
    if (isOnePass()) {
      throw new InvalidRequestException(
          "this model predicts no next token: key %s.attention.causal = false"
              .formatted(architecture));
    }
  }

  /**
   * Checks that a pass can emit an output.
   *
   * @throws InvalidRequestException naming the architecture and what it computes, or the layer
   */
  public void requireOutput(Output output) {
    if (!outputs.contains(output)) {
      if (output.isLayerInput() && outputs.contains(Output.layerInput(0))) {
        throw new InvalidRequestException(
            "layer %s: expected 0 to %s".formatted(output.layer(), lastLayer()));
      }
      StringJoiner others = new StringJoiner(", ");
      for (Output other : outputs) {
        if (!other.isLayerInput()) {
          others.add(other.description());
        }
      }
      throw new InvalidRequestException(
          "this model of the architecture %s computes no %s, only %s"
              .formatted(architecture, output.description(), others));
    }
  }

  /** The last layer whose input a pass can emit. */
  private int lastLayer() {
    int last = -1;
    for (Output output : outputs) {
      last = Math.max(last, output.layer());
    }
    return last;
  }
}
