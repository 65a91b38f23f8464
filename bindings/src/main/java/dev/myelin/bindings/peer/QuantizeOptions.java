package dev.myelin.bindings.peer;

import dev.myelin.bindings.llama.Llama_h;
import dev.myelin.bindings.llama.llama_model_imatrix_data;
import dev.myelin.bindings.llama.llama_model_quantize_params;
import dev.myelin.bindings.llama.llama_model_tensor_override;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Map;

/**
 * Options of libllama's quantisation.
 *
 * @param fileType a value of {@code enum llama_ftype}: 2 is Q4_0, 7 is Q8_0, 15 is Q4_K_M
 * @param pure all tensors in the same type
 * @param leaveOutput does not quantise output.weight
 * @param outputType ggml's id of the type of output.weight, -1 for the file type's default
 * @param embeddingType the same for token_embd.weight
 * @param importance importance matrix: mean squares per column, by weight name; empty for none
 * @param overrides ggml's type ids by regular expression, in order
 */
public record QuantizeOptions(
    int fileType,
    int threads,
    boolean pure,
    boolean leaveOutput,
    int outputType,
    int embeddingType,
    Map<String, float[]> importance,
    Map<String, Integer> overrides) {

  /** The defaults of llama-quantize. */
  public static QuantizeOptions of(int fileType, int threads) {
    return new QuantizeOptions(fileType, threads, false, false, -1, -1, Map.of(), Map.of());
  }

  public QuantizeOptions withPure() {
    return new QuantizeOptions(
        fileType, threads, true, leaveOutput, outputType, embeddingType, importance, overrides);
  }

  public QuantizeOptions withLeaveOutput() {
    return new QuantizeOptions(
        fileType, threads, pure, true, outputType, embeddingType, importance, overrides);
  }

  public QuantizeOptions withOutputAndEmbeddingTypes(int output, int embedding) {
    return new QuantizeOptions(
        fileType, threads, pure, leaveOutput, output, embedding, importance, overrides);
  }

  public QuantizeOptions withImportance(Map<String, float[]> value) {
    return new QuantizeOptions(
        fileType, threads, pure, leaveOutput, outputType, embeddingType, value, overrides);
  }

  public QuantizeOptions withOverrides(Map<String, Integer> value) {
    return new QuantizeOptions(
        fileType, threads, pure, leaveOutput, outputType, embeddingType, importance, value);
  }

  MemorySegment toStruct(Arena arena) {
    MemorySegment params = Llama_h.llama_model_quantize_default_params(arena);
    llama_model_quantize_params.ftype(params, fileType);
    llama_model_quantize_params.nthread(params, threads);
    llama_model_quantize_params.allow_requantize(params, true);
    llama_model_quantize_params.pure(params, pure);
    llama_model_quantize_params.quantize_output_tensor(params, !leaveOutput);
    if (outputType >= 0) {
      llama_model_quantize_params.output_tensor_type(params, outputType);
    }
    if (embeddingType >= 0) {
      llama_model_quantize_params.token_embedding_type(params, embeddingType);
    }
    if (!importance.isEmpty()) {
      llama_model_quantize_params.imatrix(params, importance(arena));
    }
    if (!overrides.isEmpty()) {
      llama_model_quantize_params.tt_overrides(params, overrides(arena));
    }
    return params;
  }

  /** The array ends with an element without a name, like the overrides. */
  private MemorySegment importance(Arena arena) {
    MemorySegment all =
        llama_model_imatrix_data.allocateArray(importance.size() + 1, arena).fill((byte) 0);
    int i = 0;
    for (Map.Entry<String, float[]> entry : importance.entrySet()) {
      MemorySegment one = llama_model_imatrix_data.asSlice(all, i++);
      llama_model_imatrix_data.name(one, arena.allocateFrom(entry.getKey()));
      llama_model_imatrix_data.data(
          one, arena.allocateFrom(ValueLayout.JAVA_FLOAT, entry.getValue()));
      llama_model_imatrix_data.size(one, entry.getValue().length);
    }
    return all;
  }

  private MemorySegment overrides(Arena arena) {
    MemorySegment all =
        llama_model_tensor_override.allocateArray(overrides.size() + 1, arena).fill((byte) 0);
    int i = 0;
    for (Map.Entry<String, Integer> entry : overrides.entrySet()) {
      MemorySegment one = llama_model_tensor_override.asSlice(all, i++);
      llama_model_tensor_override.pattern(one, arena.allocateFrom(entry.getKey()));
      llama_model_tensor_override.type(one, entry.getValue());
    }
    return all;
  }
}
