package dev.myelin.quantize;

import dev.myelin.gguf.GgmlType;
import dev.myelin.graph.Threads;
import dev.myelin.imatrix.ImportanceMatrix;
import java.util.List;

/**
 * What a checkpoint is converted to.
 *
 * @param mix the file type
 * @param copy keeps every tensor as it is; the mix is then ignored
 * @param pure gives every matrix the mix's base type, without rules
 * @param allowRequantize converts tensors that are quantised already, at a loss
 * @param leaveOutput keeps {@code output.weight} as it is
 * @param outputType of {@code output.weight} (or the embedding that serves as it), null for the
 *     mix's
 * @param embeddingType of the token embedding, null for the mix's
 * @param overrides types by name, the first that matches counts
 * @param importance which columns matter, or null
 * @param importanceFile the name of its file, noted in the checkpoint, or null
 * @param threads threads that convert; 0 means one a physical core
 */
public record QuantizeOptions(
    Mix mix,
    boolean copy,
    boolean pure,
    boolean allowRequantize,
    boolean leaveOutput,
    GgmlType outputType,
    GgmlType embeddingType,
    List<TypeOverride> overrides,
    ImportanceMatrix importance,
    String importanceFile,
    int threads) {
  public QuantizeOptions {
    overrides = List.copyOf(overrides);
    Threads.check(threads, 0);
    if (outputType != null) {
      Targets.require(outputType);
    }
    if (embeddingType != null) {
      Targets.require(embeddingType);
    }
  }

  /** That mix as llama.cpp makes it, without an importance matrix. */
  public static QuantizeOptions of(Mix mix) {
    return new QuantizeOptions(
        mix, false, false, false, false, null, null, List.of(), null, null, 0);
  }

  public QuantizeOptions withCopy(boolean value) {
    return new QuantizeOptions(
        mix,
        value,
        pure,
        allowRequantize,
        leaveOutput,
        outputType,
        embeddingType,
        overrides,
        importance,
        importanceFile,
        threads);
  }

  public QuantizeOptions withPure(boolean value) {
    return new QuantizeOptions(
        mix,
        copy,
        value,
        allowRequantize,
        leaveOutput,
        outputType,
        embeddingType,
        overrides,
        importance,
        importanceFile,
        threads);
  }

  public QuantizeOptions withAllowRequantize(boolean value) {
    return new QuantizeOptions(
        mix,
        copy,
        pure,
        value,
        leaveOutput,
        outputType,
        embeddingType,
        overrides,
        importance,
        importanceFile,
        threads);
  }

  public QuantizeOptions withLeaveOutput(boolean value) {
    return new QuantizeOptions(
        mix,
        copy,
        pure,
        allowRequantize,
        value,
        outputType,
        embeddingType,
        overrides,
        importance,
        importanceFile,
        threads);
  }

  /** Types of the output and the embedding, null for the mix's. */
  public QuantizeOptions withEnds(GgmlType output, GgmlType embedding) {
    return new QuantizeOptions(
        mix,
        copy,
        pure,
        allowRequantize,
        leaveOutput,
        output,
        embedding,
        overrides,
        importance,
        importanceFile,
        threads);
  }

  public QuantizeOptions withOverrides(List<TypeOverride> value) {
    return new QuantizeOptions(
        mix,
        copy,
        pure,
        allowRequantize,
        leaveOutput,
        outputType,
        embeddingType,
        value,
        importance,
        importanceFile,
        threads);
  }

  /**
   * @param file the name that is noted in the checkpoint
   */
  public QuantizeOptions withImportance(ImportanceMatrix value, String file) {
    return new QuantizeOptions(
        mix,
        copy,
        pure,
        allowRequantize,
        leaveOutput,
        outputType,
        embeddingType,
        overrides,
        value,
        file,
        threads);
  }

  public QuantizeOptions withThreads(int value) {
    return new QuantizeOptions(
        mix,
        copy,
        pure,
        allowRequantize,
        leaveOutput,
        outputType,
        embeddingType,
        overrides,
        importance,
        importanceFile,
        value);
  }
}
