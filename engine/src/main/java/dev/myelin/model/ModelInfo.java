package dev.myelin.model;

import dev.myelin.cache.KvState;
import dev.myelin.model.config.ExpertConfig;
import dev.myelin.model.config.LayerConfig;
import java.util.List;
import java.util.OptionalInt;

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
 * @param states what the model remembers of every position
 */
public record ModelInfo(
    String architecture,
    int width,
    int contextLength,
    int vocabulary,
    OptionalInt maxPositions,
    List<LayerConfig> layers,
    ExpertConfig experts,
    List<KvState> states) {}
