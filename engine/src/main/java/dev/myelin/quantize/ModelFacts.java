package dev.myelin.quantize;

import dev.myelin.gguf.GgufArray;
import dev.myelin.gguf.GgufFile;
import dev.myelin.gguf.Metadata;
import dev.myelin.gguf.TensorInfo;
import java.util.List;
import java.util.OptionalInt;

/**
 * What the mixes ask about a model.
 *
 * @param architecture value of {@code general.architecture}
 * @param layers number of layers
 * @param headsPerKvHead query heads that share a head of keys and values, in the first layer
 * @param experts of a layer, 0 for a dense model
 * @param seventyBillion one of those models of 70 billion parameters whose small value matrices get
 *     more bits
 * @param tied whether the token embedding serves as the output too
 */
public record ModelFacts(
    String architecture,
    int layers,
    int headsPerKvHead,
    int experts,
    boolean seventyBillion,
    boolean tied) {

  private static final String FALCON = "falcon";

  /** Reads them; a key of a wrong type is a {@link dev.myelin.error.ModelFileException}. */
  public static ModelFacts of(GgufFile file) {
    Metadata metadata = file.metadata();
    String architecture = metadata.string("general.architecture");
    int heads = first(metadata, architecture + ".attention.head_count", 0);
    return of(
        architecture,
        metadata.optU32(architecture + ".block_count"),
        heads,
        first(metadata, architecture + ".attention.head_count_kv", heads),
        metadata.u32(architecture + ".expert_count", 0),
        file.tensors());
  }

  /**
   * Those of a model of that shape.
   *
   * @param layers counted by the tensors' names where it is empty
   * @param heads of queries
   * @param experts of a layer, 0 for a dense model
   */
  public static ModelFacts of(
      String architecture,
      OptionalInt layers,
      int heads,
      int kvHeads,
      int experts,
      List<TensorInfo> tensors) {
    int count = layers.orElseGet(() -> highestLayer(tensors) + 1);
    return new ModelFacts(
        architecture,
        count,
        kvHeads == 0 ? 0 : heads / kvHeads,
        experts,
        isSeventyBillion(architecture, count, heads != kvHeads),
        tensors.stream().noneMatch(t -> t.name().equals("output.weight")));
  }

  boolean isFalcon() {
    return architecture.equals(FALCON);
  }

  private static boolean isSeventyBillion(String architecture, int layers, boolean grouped) {
    return switch (architecture) {
      case "llama" -> layers == 80 && grouped;
      case "qwen2", "olmo", "deci" -> layers == 80;
      case "jais2" -> layers == 68;
      default -> false;
    };
  }

  private static int highestLayer(List<TensorInfo> tensors) {
    int highest = -1;
    for (TensorInfo tensor : tensors) {
      highest = Math.max(highest, TensorOrder.layer(tensor.name()));
    }
    return highest;
  }

  /** A number, or the first of one for each layer. */
  private static int first(Metadata metadata, String key, int otherwise) {
    if (metadata.has(key) && metadata.value(key) instanceof GgufArray array) {
      return array.size() > 0
              && array.toJava(0) instanceof Long value
              && value == (int) (long) value
          ? (int) (long) value
          : otherwise;
    }
    return metadata.u32(key, otherwise);
  }
}
