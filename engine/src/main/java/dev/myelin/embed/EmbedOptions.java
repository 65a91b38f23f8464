package dev.myelin.embed;

import dev.myelin.error.InvalidRequestException;
import dev.myelin.generate.SessionOptions;
import dev.myelin.model.Model;
import dev.myelin.model.ModelInfo;
import dev.myelin.pass.Output;
import dev.myelin.runtime.RuntimeOptions;
import dev.myelin.state.PageTable;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * How texts are embedded. Immutable and thread-safe.
 *
 * @param session threads and context length. The default batch is raised to the context length for
 *     models that compute a text in one pass.
 * @param pooling empty for the one that the file names
 * @param normalize whether vectors are scaled to length 1; scores never are
 * @param layer the layer whose inputs are pooled, from 0; empty for the hidden states after the
 *     last one
 */
public record EmbedOptions(
    SessionOptions session, Optional<Pooling> pooling, boolean normalize, OptionalInt layer) {
  /** Texts computed together at most. */
  private static final int MAX_SEQUENCES = 64;

  public static EmbedOptions defaults() {
    return new EmbedOptions(SessionOptions.defaults(), Optional.empty(), true, OptionalInt.empty());
  }

  public EmbedOptions withSession(SessionOptions value) {
    return new EmbedOptions(value, pooling, normalize, layer);
  }

  public EmbedOptions withPooling(Pooling value) {
    return new EmbedOptions(session, Optional.of(value), normalize, layer);
  }

  public EmbedOptions withNormalize(boolean value) {
    return new EmbedOptions(session, pooling, value, layer);
  }

  public EmbedOptions withLayer(int value) {
    return new EmbedOptions(session, pooling, normalize, OptionalInt.of(value));
  }

  /**
   * The pooling for a model.
   *
   * @throws InvalidRequestException if the model does not compute what is pooled
   */
  Pooling poolingOf(Model model) {
    ModelInfo info = model.info();
    Pooling chosen = pooling.orElseGet(() -> Pooling.of(model.file(), info.architecture()));
    if (chosen != Pooling.RANK) {
      info.requireOutput(layer.isPresent() ? Output.layerInput(layer.getAsInt()) : Output.HIDDEN);
    } else if (layer.isPresent()) {
      throw new InvalidRequestException(
          "layer %s: pooling rank takes the scores of the whole model".formatted(layer.getAsInt()));
    } else if (!info.hasScores()) {
      throw new InvalidRequestException(
          "pooling rank: this model of the architecture %s has no classification head (cls.weight,"
                  .formatted(info.architecture())
              + " cls.output.weight)");
    }
    return chosen;
  }

  /** The options of a runtime that computes texts of any length, several together. */
  RuntimeOptions runtimeOptions(ModelInfo info) {
    RuntimeOptions options = session.runtimeOptions();
    int context = options.contextLength(info);
    int batch = session.batch();
    // a recurrent state may be large, and its sequences are separate operations
    int sequences = info.states().recurrent().isEmpty() ? Math.min(MAX_SEQUENCES, batch) : 2;
    if (info.isOnePass() && batch == SessionOptions.DEFAULT_BATCH) {
      // the longest text is in one batch
      int whole = Math.clamp(context, SessionOptions.DEFAULT_BATCH, SessionOptions.MAX_BATCH);
      options = options.withBatch(whole);
    }
    // pages for one long text, or for a batch of several, each of which starts a page
    long positions = Math.max(context, batch + (long) sequences * PageTable.PAGE);
    return options
        .withSequences(sequences)
        .withSnapshotBytes(0)
        .withCacheTokens((int) Math.min(positions, Integer.MAX_VALUE));
  }
}
