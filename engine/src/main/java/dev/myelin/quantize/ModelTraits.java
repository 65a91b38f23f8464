package dev.myelin.quantize;

import dev.myelin.gguf.GgufArray;
import dev.myelin.gguf.GgufFile;
import dev.myelin.gguf.Metadata;
import dev.myelin.gguf.TensorInfo;
import java.util.List;
import java.util.OptionalInt;

/**
 * Properties of a model that the mixes depend on. Immutable and thread-safe.
 *
 * @param architecture value of {@code general.architecture}
 * @param layers number of layers
 * @param headsPerKvHead query heads per KV head, in the first layer
 * @param experts experts in a layer, 0 for a dense model
 * @param is70B whether it is one of the 70B models whose small value matrices get more bits
 * @param tiedEmbedding whether the token embedding is also the output matrix
 */
public record ModelTraits(
    String architecture,
    int layers,
    int headsPerKvHead,
    int experts,
    boolean is70B,
    boolean tiedEmbedding) {

  private static final String FALCON = "falcon";

  /**
   * Reads the metadata of a file. A key of a wrong type is a {@link
   * dev.myelin.error.ModelFileException}.
   */
  public static ModelTraits of(GgufFile file) {
    Metadata metadata = file.metadata();
    String architecture = metadata.string("general.architecture");
    int heads = scalarOrFirst(metadata, architecture + ".attention.head_count", 0);
    return of(
        architecture,
        metadata.optU32(architecture + ".block_count"),
        heads,
        scalarOrFirst(metadata, architecture + ".attention.head_count_kv", heads),
        metadata.u32(architecture + ".expert_count", 0),
        file.tensors());
  }

  /**
   * The traits of a model of a given shape.
   *
   * @param layers number of layers; counted from the tensor names if empty
   * @param heads number of query heads
   * @param experts experts in a layer, 0 for a dense model
   */
  public static ModelTraits of(
      String architecture,
      OptionalInt layers,
      int heads,
      int kvHeads,
      int experts,
      List<TensorInfo> tensors) {
    int count = layers.orElseGet(() -> highestLayer(tensors) + 1);
    return new ModelTraits(
        architecture,
        count,
        kvHeads == 0 ? 0 : heads / kvHeads,
        experts,
        is70B(architecture, count, heads != kvHeads),
        tensors.stream().noneMatch(t -> t.name().equals("output.weight")));
  }

  boolean isFalcon() {
    return architecture.equals(FALCON);
  }

  private static boolean is70B(String architecture, int layers, boolean grouped) {
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

  /** A number, or the first element of an array with one number per layer. */
  private static int scalarOrFirst(Metadata metadata, String key, int defaultValue) {
    if (metadata.has(key) && metadata.value(key) instanceof GgufArray array) {
      return array.size() > 0
              && array.toJava(0) instanceof Long value
              && value == (int) (long) value
          ? (int) (long) value
          : defaultValue;
    }
    return metadata.u32(key, defaultValue);
  }
}
