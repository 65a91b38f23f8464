package dev.myelin.bench;

import dev.myelin.gguf.GgmlType;
import dev.myelin.gguf.GgufFile;
import dev.myelin.gguf.TensorInfo;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;

/**
 * What a table says of a checkpoint.
 *
 * @param file as it was named
 * @param type architecture, size, and the type that most of its bytes have
 * @param bytes of all tensors
 * @param parameters elements of all tensors
 */
public record ModelFacts(String file, String type, long bytes, long parameters) {
  public static ModelFacts of(GgufFile file) {
    Map<GgmlType, Long> byType = new EnumMap<>(GgmlType.class);
    long bytes = 0;
    long parameters = 0;
    for (TensorInfo t : file.tensors()) {
      byType.merge(t.type(), t.bytes(), Long::sum);
      bytes += t.bytes();
      parameters += t.elements();
    }
    String most =
        byType.entrySet().stream()
            .max(Map.Entry.comparingByValue())
            .map(e -> e.getKey().name())
            .orElse("empty");
    String architecture = file.metadata().optString("general.architecture").orElse("?");
    return new ModelFacts(
        file.path().toString(),
        architecture + " " + count(parameters) + " " + most,
        bytes,
        parameters);
  }

  private static String count(long parameters) {
    return parameters < 1_000_000_000
        ? String.format(Locale.ROOT, "%.2fM", parameters / 1e6)
        : String.format(Locale.ROOT, "%.2fB", parameters / 1e9);
  }
}
