package dev.myelin.inspect;

import dev.myelin.gguf.GgufArray;
import dev.myelin.gguf.GgufFile;
import dev.myelin.gguf.GgufValue;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * A key and its value, cut to what people read.
 *
 * @param type {@code u32}, {@code str}; of an array, that of its elements
 * @param count elements of an array, -1 for a single value
 * @param values the value, as {@link GgufValue#toJava} says, or an array's first few
 */
public record MetadataEntry(String key, String type, int count, List<Object> values) {
  /** Most elements shown of an array. */
  public static final int SHOWN = 8;

  /** Longer texts are cut to their beginning. */
  private static final int LONGEST_TEXT = 1 << 16;

  public boolean isArray() {
    return count >= 0;
  }

  static List<MetadataEntry> all(GgufFile file) {
    List<MetadataEntry> entries = new ArrayList<>();
    for (String key : file.metadata().keys()) {
      entries.add(of(key, file.metadata().value(key)));
    }
    return entries;
  }

  private static MetadataEntry of(String key, GgufValue value) {
    // a switch over types costs a start of the JVM 10 ms
    if (value instanceof GgufArray array) {
      return new MetadataEntry(
          key,
          array.elementType().shortName(),
          array.size(),
          IntStream.range(0, Math.min(SHOWN, array.size()))
              .mapToObj(array::toJava)
              .map(MetadataEntry::cut)
              .toList());
    }
    boolean cut = value instanceof GgufValue.StringValue text && text.length() > LONGEST_TEXT;
    Object shown = cut ? ((GgufValue.StringValue) value).describe() : value.toJava();
    return new MetadataEntry(key, value.type().shortName(), -1, List.of(shown));
  }

  private static Object cut(Object element) {
    return element instanceof String text && text.length() > LONGEST_TEXT
        ? text.substring(0, LONGEST_TEXT)
        : element;
  }
}
