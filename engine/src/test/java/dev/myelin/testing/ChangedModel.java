package dev.myelin.testing;

import dev.myelin.gguf.DataSource;
import dev.myelin.gguf.GgmlType;
import dev.myelin.gguf.GgufFile;
import dev.myelin.gguf.GgufValueType;
import dev.myelin.gguf.GgufWriter;
import dev.myelin.gguf.TensorInfo;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/** A valid file with some keys and tensors set, replaced or removed. */
public final class ChangedModel {
  private record Replacement(GgmlType type, long[] dims) {}

  private final MemorySegment original;
  private final Map<String, Object> values = new LinkedHashMap<>();
  private final Map<String, Replacement> tensors = new LinkedHashMap<>();
  private final Map<String, String> renamed = new HashMap<>();
  private final Set<String> dropped = new HashSet<>();

  public ChangedModel(MemorySegment good) {
    this.original = good;
  }

  /** Sets a key, of any type. */
  public ChangedModel put(String key, Object value) {
    values.put(key, value);
    return this;
  }

  /** Removes a key or a tensor. */
  public ChangedModel drop(String name) {
    dropped.add(name);
    return this;
  }

  public ChangedModel rename(String tensor, String name) {
    renamed.put(tensor, name);
    return this;
  }

  /** Adds a tensor of zeros, or replaces one. */
  public ChangedModel tensor(String name, GgmlType type, long... dims) {
    tensors.put(name, new Replacement(type, dims));
    return this;
  }

  public void write(Path file) {
    try (GgufFile from = GgufFile.of(Path.of("good.gguf"), original)) {
      GgufWriter w = new GgufWriter();
      for (String key : from.metadata().keys()) {
        if (!dropped.contains(key) && !values.containsKey(key)) {
          w.put(key, from.metadata().value(key));
        }
      }
      values.forEach((key, value) -> put(w, key, value));
      for (TensorInfo t : from.tensors()) {
        if (!dropped.contains(t.name()) && !tensors.containsKey(t.name())) {
          long[] dims = t.shape().stream().mapToLong(Long::longValue).toArray();
          w.tensor(
              renamed.getOrDefault(t.name(), t.name()),
              t.type(),
              dims,
              DataSource.of(from.data(t)));
        }
      }
      tensors.forEach((name, r) -> w.tensor(name, r.type, r.dims, zeros(r)));
      w.write(file);
    }
  }

  private static void put(GgufWriter w, String key, Object value) {
    if (value instanceof Integer i && i < 0) {
      w.put(key, GgufValueType.I32, i);
    } else {
      w.put(key, value);
    }
  }

  private static DataSource zeros(Replacement r) {
    long elements = 1;
    for (long d : r.dims) {
      elements *= d;
    }
    return DataSource.of(MemorySegment.ofArray(new byte[(int) r.type.bytes(elements)]));
  }
}
