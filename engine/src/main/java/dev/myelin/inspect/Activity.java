package dev.myelin.inspect;

import dev.myelin.gguf.TensorInfo;
import java.util.List;
import java.util.Optional;

/**
 * What one token costs. Convention: active are the parameters that take part in its computation,
 * with the experts used instead of those present and with an output that is tied to the embedding;
 * of an embedding table only a row is read, and that is counted apart. (Publishers often count the
 * whole table as active too.)
 *
 * @param active parameters read for a token
 * @param lookedUp parameters in the rows of tables that a token looks up
 * @param tied parameters of the embedding that serve as the output too, 0 where it has its own
 * @param flops floating-point operations of its matrix products, two a parameter
 * @param bytes bytes of parameters read for a token, the rows looked up included
 */
public record Activity(long active, long lookedUp, long tied, long flops, long bytes) {

  /**
   * Of all tensors of a model.
   *
   * @param causal whether it writes text: then an embedding without an output serves as that too
   */
  public static Activity of(
      List<InspectedTensor> tensors, ModelShape.Experts experts, boolean causal) {
    long active = 0;
    long lookedUp = 0;
    long multiplied = 0;
    long bytes = 0;
    for (InspectedTensor tensor : tensors) {
      long read = tensor.active(experts);
      active += read;
      multiplied += tensor.multiplies() ? read : 0;
      bytes += tensor.activeBytes(experts);
      lookedUp += tensor.use() == InspectedTensor.Use.ROW ? tensor.info().dim(0) : 0;
    }
    Optional<TensorInfo> tied = causal ? tied(tensors) : Optional.empty();
    long both = tied.map(TensorInfo::elements).orElse(0L);
    return new Activity(
        active + both,
        lookedUp,
        both,
        2 * (multiplied + both),
        bytes + tied.map(TensorInfo::bytes).orElse(0L));
  }

  /** A decoder without an output matrix uses its embedding. */
  private static Optional<TensorInfo> tied(List<InspectedTensor> tensors) {
    boolean own =
        tensors.stream().anyMatch(t -> t.component() == Component.OUTPUT && t.multiplies());
    Optional<TensorInfo> embedding =
        tensors.stream()
            .map(InspectedTensor::info)
            .filter(t -> t.name().equals("token_embd.weight"))
            .findFirst();
    return own ? Optional.empty() : embedding;
  }
}
