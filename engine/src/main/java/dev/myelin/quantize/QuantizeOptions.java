package dev.myelin.quantize;

import dev.myelin.gguf.GgmlType;
import dev.myelin.graph.Threads;
import dev.myelin.imatrix.ImportanceMatrix;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Options of a conversion. Immutable and thread-safe.
 *
 * @param mix the quantization mix
 * @param copy copies every tensor without conversion; the mix is ignored
 * @param pure uses the mix's base type for every matrix, without rules
 * @param allowRequantize also converts tensors that are already quantised, which loses quality
 * @param leaveOutput copies {@code output.weight} without conversion
 * @param outputType type of {@code output.weight} (or of the tied embedding), null for the mix's
 * @param embeddingType type of the token embedding, null for the mix's
 * @param overrides types by tensor name; the first that matches applies
 * @param importance the importance matrix, or null
 * @param importanceFile the name of its file, recorded in the output, or null
 * @param threads number of threads; 0 means one per physical core
 */
public record QuantizeOptions(
    Mix mix,
    boolean copy,
    boolean pure,
    boolean allowRequantize,
    boolean leaveOutput,
    @Nullable GgmlType outputType,
    @Nullable GgmlType embeddingType,
    List<TypeOverride> overrides,
    @Nullable ImportanceMatrix importance,
    @Nullable String importanceFile,
    int threads) {
  public QuantizeOptions {
    overrides = List.copyOf(overrides);
    Threads.check(threads, 0);
    if (outputType != null) {
      TargetTypes.require(outputType);
    }
    if (embeddingType != null) {
      TargetTypes.require(embeddingType);
    }
  }

  /** The defaults of llama.cpp for a mix, without an importance matrix. */
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

  /** Sets the types of the output and the token embedding, null for the mix's. */
  public QuantizeOptions withOutputAndEmbeddingTypes(
      @Nullable GgmlType output, @Nullable GgmlType embedding) {
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
   * @param file the name recorded in the output
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
