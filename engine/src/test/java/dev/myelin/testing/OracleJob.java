package dev.myelin.testing;

import dev.myelin.bindings.peer.LlamaContext;
import dev.myelin.bindings.peer.LlamaContext.FlashAttention;
import dev.myelin.bindings.peer.LlamaContext.Output;
import dev.myelin.gguf.GgmlType;
import java.io.Serializable;
import java.nio.file.Path;

/**
 * What {@link OracleProcess} is asked for. Immutable if its arrays are left alone.
 *
 * @param name names the job in failures
 * @param file the checkpoint, read without repacking
 * @param tokens the ids of one sequence; those of the decoder if the model has an encoder too. With
 *     none, the encoder's output is returned, one embedding a position.
 * @param encoderTokens the encoder's ids in an encoder-decoder model, else none
 * @param chunk number of tokens per call; a model without a cache and a pooled output need all
 * @param takesLayerInputs whether the rows are the inputs of all layers, one after the other,
 *     instead of an output; fed whole
 * @param options of the context; its batch limits a chunk and the encoder's tokens
 */
public record OracleJob(
    String name,
    String file,
    int[] tokens,
    int[] encoderTokens,
    int chunk,
    boolean takesLayerInputs,
    LlamaContext.Options options)
    implements Serializable {

  /**
   * Logits of every position, fed whole, by one thread, with an f32 cache and without flash
   * attention.
   *
   * @param contextLength maximum number of positions; the encoder's tokens too are limited by it
   */
  public static OracleJob of(String name, Path file, int[] tokens, int contextLength) {
    return new OracleJob(
        name,
        file.toString(),
        tokens,
        new int[0],
        contextLength,
        false,
        LlamaContext.Options.exact(contextLength, contextLength));
  }

  public OracleJob withName(String value) {
    return new OracleJob(value, file, tokens, encoderTokens, chunk, takesLayerInputs, options);
  }

  public OracleJob withEncoderTokens(int... ids) {
    return new OracleJob(name, file, tokens, ids, chunk, takesLayerInputs, options);
  }

  public OracleJob withChunk(int value) {
    return new OracleJob(name, file, tokens, encoderTokens, value, takesLayerInputs, options);
  }

  public OracleJob withLayerInputs() {
    return new OracleJob(name, file, tokens, encoderTokens, chunk, true, options);
  }

  public OracleJob withOutput(Output value) {
    return with(options.withOutput(value));
  }

  public OracleJob withCacheTypes(GgmlType keys, GgmlType values) {
    return with(options.withCacheTypes(keys.id(), values.id()));
  }

  public OracleJob withFlashAttention(FlashAttention value) {
    return with(options.withFlashAttention(value));
  }

  /** Whether layers with a sliding window cache all positions too, which is the default. */
  public OracleJob withFullWindows(boolean value) {
    return with(options.withFullWindows(value));
  }

  private OracleJob with(LlamaContext.Options value) {
    return new OracleJob(name, file, tokens, encoderTokens, chunk, takesLayerInputs, value);
  }

  @Override
  public String toString() {
    return name + " (" + file + ")";
  }
}
