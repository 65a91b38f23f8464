package dev.myelin.inspect;

import dev.myelin.gguf.TensorInfo;
import java.util.List;
import java.util.Optional;

/**
 * The cost of one token. Active parameters are those that take part in its computation: of a
 * mixture of experts only the experts used, and the embedding only if it is tied to the output. The
 * one row that a token reads of an embedding table is counted separately. (Publishers often count
 * the whole table as active.) Immutable and thread-safe.
 *
 * @param active parameters read per token
 * @param embeddingRow parameters in the embedding rows read per token
 * @param tied parameters of an embedding that is tied to the output, 0 if the model has an output
 *     matrix
 * @param flops floating-point operations of the matmuls, two per parameter
 * @param bytes bytes of parameters read per token, embedding rows included
 */
public record TokenCost(long active, long embeddingRow, long tied, long flops, long bytes) {

  /**
   * Computes the cost from all tensors of a model.
   *
   * @param causal whether the model is a decoder: without an output matrix, its embedding is the
   *     output
   */
  public static TokenCost of(
      List<InspectedTensor> tensors, ModelShape.Experts experts, boolean causal) {
    long active = 0;
    long lookedUp = 0;
    long matmul = 0;
    long bytes = 0;
    for (InspectedTensor tensor : tensors) {
      long parameters = tensor.activeParameters(experts);
      active += parameters;
      matmul += tensor.isMatmul() ? parameters : 0;
      bytes += tensor.activeBytes(experts);
      lookedUp += tensor.access() == InspectedTensor.Access.ONE_ROW ? tensor.info().dim(0) : 0;
    }
    Optional<TensorInfo> tied = causal ? tied(tensors) : Optional.empty();
    long tiedParameters = tied.map(TensorInfo::elements).orElse(0L);
    return new TokenCost(
        active + tiedParameters,
        lookedUp,
        tiedParameters,
        2 * (matmul + tiedParameters),
        bytes + tied.map(TensorInfo::bytes).orElse(0L));
  }

  /** The token embedding, if there is no output matrix. */
  private static Optional<TensorInfo> tied(List<InspectedTensor> tensors) {
    boolean hasOutput =
        tensors.stream().anyMatch(t -> t.component() == Component.OUTPUT && t.isMatmul());
    Optional<TensorInfo> embedding =
        tensors.stream()
            .map(InspectedTensor::info)
            .filter(t -> t.name().equals("token_embd.weight"))
            .findFirst();
    return hasOutput ? Optional.empty() : embedding;
  }
}
