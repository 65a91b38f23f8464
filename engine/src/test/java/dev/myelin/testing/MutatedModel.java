package dev.myelin.testing;

import dev.myelin.error.ModelFileException;
import dev.myelin.gguf.DataSource;
import dev.myelin.gguf.GgmlType;
import dev.myelin.gguf.GgufFile;
import dev.myelin.gguf.GgufValueType;
import dev.myelin.gguf.GgufWriter;
import dev.myelin.gguf.TensorInfo;
import dev.myelin.model.ModelDescription;
import dev.myelin.model.build.Sample;
import dev.myelin.model.weights.DescribedWeights.Description;
import dev.myelin.testing.RandomModel.TypeMix;
import java.lang.foreign.MemorySegment;
import java.lang.reflect.Array;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/**
 * Random mutations of the small model of a sample: changed, removed, added and swapped keys;
 * dropped, renamed, reshaped, retyped, added tensors; and one size changed in all keys and tensors,
 * which then agree. Most matrices are Q4_0, so that a file is small. A seed gives the same mutation
 * each time.
 */
public final class MutatedModel {
  /** Elements of a new tensor: larger ones only make a mutation slow. */
  private static final long MAX_ELEMENTS = 1 << 18;

  /** Elements of all new shapes of a mutation. */
  private static final long MAX_RESHAPED_ELEMENTS = 1 << 23;

  /** Elements of the tensors that are made to fit the keys. */
  private static final long MAX_FITTED_ELEMENTS = 1 << 19;

  private static final long[] INTEGERS = {
    0,
    1,
    2,
    3,
    4,
    5,
    7,
    8,
    16,
    31,
    32,
    33,
    48,
    63,
    64,
    65,
    96,
    127,
    128,
    255,
    256,
    257,
    320,
    1000,
    1024,
    4096,
    65_536,
    1 << 20,
    (1 << 20) + 1,
    1 << 24,
    1 << 28,
    Integer.MAX_VALUE - 1,
    Integer.MAX_VALUE,
    1L << 31,
    1L << 32,
    Long.MAX_VALUE,
    -1,
    -2,
    -64,
    Integer.MIN_VALUE
  };
  private static final float[] FLOATS = {
    0f,
    -0f,
    1f,
    -1f,
    0.5f,
    2f,
    1e-45f,
    1e-20f,
    1e20f,
    Float.MAX_VALUE,
    Float.NaN,
    Float.POSITIVE_INFINITY,
    Float.NEGATIVE_INFINITY
  };

  /** Keys that architectures read and no sample has. */
  private static final Map<String, Object> UNSAMPLED =
      Map.of(
          "attention.scale", 0.125f,
          "attention.max_alibi_bias", 8f,
          "rope.scale_linear", 2f,
          "rope.scaling.attn_factor", 1.5f,
          "rope.scaling.yarn_log_multiplier", 0.1f,
          "swiglu_clamp_exp", 7f,
          "swiglu_clamp_shexp", 7f,
          "expert_weights_scale", 2.5f,
          "nextn_predict_layers", 1,
          "decoder_block_count", 1);

  private static final GgmlType[] TYPES = GgmlType.values();

  private final RandomSample sample;
  private final GgufFile file;
  private final Map<String, Object> keys = new LinkedHashMap<>();
  private final List<String> otherKeys = new ArrayList<>();
  private final List<Object> otherValues = new ArrayList<>();
  private final List<String> otherTensors = new ArrayList<>();

  /** A tensor of the file to write; zeros if it has no data. */
  private record Change(
      String name, GgmlType type, long[] dims, @Nullable MemorySegment data, int fill) {}

  /**
   * A file, and what was changed.
   *
   * @param description one line
   */
  public record Mutation(MemorySegment bytes, String description) {}

  public MutatedModel(RandomSample sample) {
    this.sample = sample;
    file = GgufFile.of(Path.of("valid.gguf"), sample.writer(TypeMix.all(GgmlType.Q4_0)).toBytes());
    sample.sample().keys().forEach((k, v) -> keys.put(fullName(k), v));
    UNSAMPLED.forEach((k, v) -> addOther(fullName(k), v));
    for (Sample other : ModelDescription.samples(sample.architecture())) {
      other.keys().forEach((k, v) -> addOther(fullName(k), v));
      ModelDescription.of(sample.architecture(), other)
          .tensors()
          .forEach(t -> otherTensors.add(t.name()));
    }
  }

  private String fullName(String key) {
    return Sample.fullName(sample.architecture(), key);
  }

  private void addOther(String key, Object value) {
    otherKeys.add(key);
    otherValues.add(value);
  }

  /** Also adds keys of other samples' models, under the name of this architecture. */
  public void addKeysOf(List<RandomSample> samples) {
    for (RandomSample other : samples) {
      other.sample().keys().forEach((k, v) -> addOther(fullName(k), v));
    }
  }

  /** The mutation of a seed. */
  public Mutation mutate(long seed) {
    return new Writer(new Random(seed * 0x9E3779B97F4A7C15L + sample.toString().hashCode())).run();
  }

  private final class Writer {
    private final Random random;
    private final Map<String, Object> values = new LinkedHashMap<>(keys);
    private final Map<String, Change> tensors = new LinkedHashMap<>();
    private final List<String> log = new ArrayList<>();
    private long reshaped;

    Writer(Random random) {
      this.random = random;
      for (TensorInfo t : file.tensors()) {
        long[] dims = t.shape().stream().mapToLong(Long::longValue).toArray();
        tensors.put(t.name(), new Change(t.name(), t.type(), dims, file.data(t), 0));
      }
    }

    Mutation run() {
      boolean fits = random.nextInt(3) == 0;
      for (int n = random.nextInt(10) < 5 ? 1 : 1 + random.nextInt(4); n > 0; n--) {
        switch (random.nextInt(fits ? 12 : 20)) {
          case 0, 1, 2, 3, 4, 5, 6, 7 -> changeKey();
          case 8 -> dropKey();
          case 9 -> swapKeys();
          case 10, 11 -> addKey();
          case 12, 13, 14, 15 -> changeSize();
          default -> changeTensor();
        }
      }
      if (fits) {
        fitTensors();
      }
      GgufWriter writer = header();
      tensors.values().forEach(t -> putTensor(writer, t));
      return new Mutation(writer.toBytes(), String.join("; ", log));
    }

    private GgufWriter header() {
      GgufWriter writer = new GgufWriter();
      writer.put("general.architecture", sample.architecture());
      writer.put("tokenizer.ggml.model", "no_vocab");
      values.forEach((key, value) -> putKey(writer, key, value));
      return writer;
    }

    /** Gives the tensors the shapes that the changed keys ask for, so that only keys can refuse. */
    private void fitTensors() {
      List<Description> expected;
      try (GgufFile keysOnly = GgufFile.of(Path.of("keys.gguf"), header().toBytes())) {
        expected = ModelDescription.of(keysOnly, tensors::containsKey).tensors();
      } catch (ModelFileException e) {
        return;
      }
      double elements = 0;
      for (Description d : expected) {
        Change before = tensors.get(d.name());
        double all = 1;
        for (long n : d.shape()) {
          all *= n;
        }
        elements += before != null && all == elements(before.dims) ? 0 : all;
      }
      if (elements > MAX_FITTED_ELEMENTS) {
        return;
      }
      log.add("tensors that fit");
      Map<String, Change> old = new LinkedHashMap<>(tensors);
      tensors.clear();
      int fill = random.nextInt(4) == 0 ? 1 : 0;
      for (Description d : expected) {
        long[] dims = d.shape().stream().mapToLong(Long::longValue).toArray();
        Change before = old.get(d.name());
        boolean isSame = before != null && Arrays.equals(before.dims, dims);
        tensors.put(
            d.name(), isSame ? before : new Change(d.name(), GgmlType.F32, dims, null, fill));
      }
    }

    private <T> T any(List<T> list) {
      return list.get(random.nextInt(list.size()));
    }

    private void set(String key, Object value) {
      log.add(key + " = " + (value.getClass().isArray() ? text(value) : value));
      values.put(key, value);
    }

    private void changeKey() {
      if (values.isEmpty()) {
        return;
      }
      String key = any(List.copyOf(values.keySet()));
      set(key, changed(values.get(key)));
    }

    private Object changed(Object value) {
      if (random.nextInt(12) == 0) {
        return otherType(value);
      }
      return switch (value) {
        case Integer v -> integer(v);
        case Long v -> integer(v);
        case Float v -> FLOATS[random.nextInt(FLOATS.length)] * (random.nextBoolean() ? 1 : v);
        case Boolean v -> !v;
        case String v -> any(List.of("", "none", "yarn", "linear", "longrope", v + "x"));
        default -> changedArray(value);
      };
    }

    private long integer(long v) {
      return switch (random.nextInt(8)) {
        case 0 -> v - 1;
        case 1 -> v + 1;
        case 2 -> v * 2;
        case 3 -> v / 2;
        case 4 -> random.nextInt(64);
        default -> INTEGERS[random.nextInt(INTEGERS.length)];
      };
    }

    private Object otherType(Object value) {
      return switch (random.nextInt(7)) {
        case 0 -> "text";
        case 1 -> random.nextBoolean();
        case 2 -> value instanceof Number n ? (Object) n.floatValue() : (Object) 1f;
        case 3 -> value instanceof Number n ? n.longValue() : 1L;
        case 4 -> value instanceof Number n ? new int[] {n.intValue()} : new int[0];
        case 5 -> new float[] {1, 2, 3};
        default -> new String[] {"a", "b"};
      };
    }

    private Object changedArray(Object array) {
      int length = Array.getLength(array);
      int size = random.nextInt(3) > 0 ? length : Math.max(0, length - 1 + random.nextInt(3));
      Object copy = Array.newInstance(array.getClass().getComponentType(), size);
      System.arraycopy(array, 0, copy, 0, Math.min(size, length));
      if (size == length && size > 0) {
        int i = random.nextInt(size);
        switch (copy) {
          case int[] a -> a[i] = (int) integer(a[i]);
          case float[] a -> a[i] = FLOATS[random.nextInt(FLOATS.length)];
          case boolean[] a -> a[i] = !a[i];
          case String[] a -> a[i] = "";
          default -> throw new AssertionError(copy.getClass());
        }
      }
      if (copy instanceof String[] words) {
        for (int i = 0; i < words.length; i++) {
          words[i] = words[i] == null ? "" : words[i];
        }
      }
      return copy;
    }

    private void dropKey() {
      if (!values.isEmpty()) {
        String key = any(List.copyOf(values.keySet()));
        values.remove(key);
        log.add("no " + key);
      }
    }

    private void swapKeys() {
      if (!values.isEmpty()) {
        String a = any(List.copyOf(values.keySet()));
        String b = any(List.copyOf(values.keySet()));
        Object value = values.get(a);
        set(a, values.get(b));
        set(b, value);
      }
    }

    private void addKey() {
      int i = random.nextInt(otherKeys.size());
      Object value = otherValues.get(i);
      set(otherKeys.get(i), random.nextBoolean() ? value : changed(value));
    }

    /** Changes a number, and all dimensions of tensors that are equal to it. */
    private void changeSize() {
      List<String> sizes = new ArrayList<>();
      values.forEach(
          (key, value) -> {
            if (value instanceof Integer n && n > 1) {
              sizes.add(key);
            }
          });
      if (sizes.isEmpty()) {
        return;
      }
      String key = any(sizes);
      int old = (Integer) values.get(key);
      long next = random.nextBoolean() ? 1 + random.nextInt(70) : integer(old);
      if (next < 1 || next > 1 << 16) {
        return;
      }
      boolean isEveryKey = random.nextBoolean();
      for (String other : sizes) {
        if (other.equals(key) || isEveryKey && values.get(other).equals(old)) {
          set(other, (int) next);
        }
      }
      // half of the time, multiples follow: heads times head size
      boolean areMultiples = random.nextBoolean();
      for (Change t : List.copyOf(tensors.values())) {
        long[] dims = t.dims.clone();
        for (int d = 0; d < dims.length; d++) {
          if (dims[d] == old || areMultiples && dims[d] % old == 0) {
            dims[d] = dims[d] / old * next;
          }
        }
        reshape(t, dims);
      }
    }

    private void reshape(Change t, long[] dims) {
      long elements = elements(dims);
      if (!Arrays.equals(dims, t.dims)
          && elements <= MAX_ELEMENTS
          && reshaped + elements <= MAX_RESHAPED_ELEMENTS) {
        reshaped += elements;
        GgmlType type = dims[0] % t.type.blockSize() == 0 ? t.type : GgmlType.F32;
        tensors.put(t.name, new Change(t.name, type, dims, null, 0));
      }
    }

    private void changeTensor() {
      if (tensors.isEmpty()) {
        return;
      }
      Change t = any(List.copyOf(tensors.values()));
      long[] dims = t.dims.clone();
      int d = random.nextInt(dims.length);
      switch (random.nextInt(9)) {
        case 0 -> tensors.remove(t.name);
        case 1 -> {
          tensors.remove(t.name);
          String name = any(otherTensors);
          tensors.put(name, new Change(name, t.type, t.dims, t.data, 0));
        }
        case 2 -> dims[d] = Math.max(1, dims[d] + (random.nextBoolean() ? 1 : -1));
        case 3 -> dims[d] = Math.max(1, random.nextBoolean() ? dims[d] * 2 : dims[d] / 2);
        case 4 -> {
          dims[0] = t.dims[t.dims.length - 1];
          dims[dims.length - 1] = t.dims[0];
        }
        case 5 -> dims = new long[] {dims[0], Math.max(1, elements(dims) / dims[0]), 1, 1};
        case 6 -> {
          GgmlType type = TYPES[random.nextInt(TYPES.length)];
          if (dims[0] % type.blockSize() == 0) {
            tensors.put(t.name, new Change(t.name, type, dims, null, random.nextInt(3)));
          }
        }
        case 7 -> {
          String name = random.nextInt(4) > 0 ? any(otherTensors) : t.name + ".extra";
          tensors.putIfAbsent(name, new Change(name, t.type, dims, t.data, 0));
        }
        default ->
            tensors.put(t.name, new Change(t.name, t.type, dims, null, 1 + random.nextInt(2)));
      }
      reshape(t, dims);
      log.add("tensor " + t.name);
    }

    private void putTensor(GgufWriter w, Change t) {
      MemorySegment data = t.data;
      if (data == null) {
        byte[] bytes = new byte[(int) t.type.bytes(elements(t.dims))];
        if (t.fill == 1) {
          random.nextBytes(bytes);
        } else if (t.fill == 2) {
          Arrays.fill(bytes, (byte) -1);
        }
        data = MemorySegment.ofArray(bytes);
      }
      w.tensor(t.name, t.type, t.dims, DataSource.of(data));
    }
  }

  /** At most the largest long. */
  private static long elements(long[] dims) {
    long elements = 1;
    for (long d : dims) {
      elements = elements > Long.MAX_VALUE / d ? Long.MAX_VALUE : elements * d;
    }
    return elements;
  }

  private static String text(Object array) {
    StringBuilder text = new StringBuilder("[");
    for (int i = 0; i < Array.getLength(array); i++) {
      text.append(i == 0 ? "" : ", ").append(Array.get(array, i));
    }
    return text.append(']').toString();
  }

  private static void putKey(GgufWriter w, String key, Object value) {
    if (value instanceof Integer v && v < 0) {
      w.put(key, GgufValueType.I32, v);
    } else if (value instanceof Long v) {
      w.put(
          key,
          v < 0 ? GgufValueType.I64 : v > Integer.MAX_VALUE ? GgufValueType.U64 : GgufValueType.U32,
          v);
    } else {
      w.put(key, value);
    }
  }
}
