package dev.myelin.testing;

import dev.myelin.gguf.GgmlType;
import dev.myelin.gguf.GgufWriter;
import java.nio.file.Path;
import java.util.Collections;
import java.util.EnumSet;
import java.util.Set;

/**
 * A checkpoint with random weights of a realistic scale, the same for the same description. Each
 * tensor draws from a generator of its own, seeded by its name, so that a feature more or less
 * leaves the other tensors as they are.
 *
 * @param architecture llama, qwen2, qwen3 or gpt2
 * @param types the type of each matrix; vectors are f32
 * @param vocabulary the kind of tokenizer
 * @param seed another seed gives other weights
 */
public record RandomModel(
    String architecture,
    Shape shape,
    Set<Feature> features,
    TypeMix types,
    RandomVocabulary.Kind vocabulary,
    long seed) {

  /** Sizes, named as in the model's hyperparameters. */
  public record Shape(
      int layers,
      int width,
      int heads,
      int kvHeads,
      int headSize,
      int feedForward,
      int vocabulary,
      int contextLength) {
    /** Small, with rows that every type divides and grouped heads that every cache type does. */
    public static final Shape SMALL = new Shape(3, 256, 8, 2, 32, 512, 320, 512);

    /** Llama 3.2 1B. */
    public static final Shape LLAMA_1B = new Shape(16, 2048, 32, 8, 64, 8192, 128_256, 131_072);

    public Shape withLayers(int value) {
      return new Shape(
          value, width, heads, kvHeads, headSize, feedForward, vocabulary, contextLength);
    }

    public Shape withHeads(int q, int kv, int size) {
      return new Shape(layers, width, q, kv, size, feedForward, vocabulary, contextLength);
    }

    public Shape withContextLength(int value) {
      return new Shape(layers, width, heads, kvHeads, headSize, feedForward, vocabulary, value);
    }
  }

  /** What a file may have beside the plain model. */
  public enum Feature {
    /** No output matrix: the token embedding serves as one. */
    TIED,
    /** Biases wherever the architecture takes them but does not demand them. */
    BIASES,
    /** {@code .scale} tensors on every matrix of a layer. */
    SCALES,
    /** Per-frequency factors of Llama 3. */
    ROPE_FREQS,
    ROPE_LINEAR,
    ROPE_YARN,
    /** Two sets of factors, for contexts of up to 256 positions and beyond. */
    ROPE_LONG,
    /** A frequency base of a million. */
    ROPE_BASE,
    /** Queries, keys and values by one matrix. */
    FUSED_QKV,
    /** Six experts, of which three are used. */
    EXPERTS
  }

  /** Which type a matrix has. */
  @FunctionalInterface
  public interface TypeMix {
    GgmlType of(String tensor);

    static TypeMix all(GgmlType type) {
      return tensor -> type;
    }

    /** Large matrices of a type, those of the embedding and the output of another. */
    static TypeMix mixed(GgmlType layers, GgmlType embedding) {
      return tensor ->
          tensor.startsWith("token_embd") || tensor.startsWith("output") ? embedding : layers;
    }
  }

  /** Number of experts, and how many a token uses, with {@link Feature#EXPERTS}. */
  static final int EXPERTS = 6;

  static final int EXPERTS_USED = 3;

  /** The context that {@link Feature#ROPE_LONG} and YaRN models were trained with. */
  public static final int ORIGINAL_CONTEXT = 256;

  /** A small model of that architecture, f32, without features. */
  public static RandomModel small(String architecture) {
    boolean llama = architecture.equals("llama");
    Shape shape = architecture.equals("gpt2") ? Shape.SMALL.withHeads(8, 8, 32) : Shape.SMALL;
    return new RandomModel(
        architecture,
        shape,
        Set.of(),
        TypeMix.all(GgmlType.F32),
        llama ? RandomVocabulary.Kind.SPM : RandomVocabulary.Kind.ofBpe(architecture),
        1);
  }

  public RandomModel with(Feature first, Feature... more) {
    EnumSet<Feature> all = EnumSet.of(first, more);
    all.addAll(features);
    return new RandomModel(
        architecture, shape, Collections.unmodifiableSet(all), types, vocabulary, seed);
  }

  public RandomModel withTypes(TypeMix value) {
    return new RandomModel(architecture, shape, features, value, vocabulary, seed);
  }

  public RandomModel withType(GgmlType value) {
    return withTypes(TypeMix.all(value));
  }

  public RandomModel withShape(Shape value) {
    return new RandomModel(architecture, value, features, types, vocabulary, seed);
  }

  public RandomModel withVocabulary(RandomVocabulary.Kind value) {
    return new RandomModel(architecture, shape, features, types, value, seed);
  }

  public RandomModel withSeed(long value) {
    return new RandomModel(architecture, shape, features, types, vocabulary, value);
  }

  boolean has(Feature feature) {
    return features.contains(feature);
  }

  /** The file, to be changed further or written. */
  public GgufWriter writer() {
    return writer(RandomWeights.exact(seed));
  }

  /** Likewise for large models: a pattern of random values, repeated. */
  public GgufWriter repeatingWriter() {
    return writer(RandomWeights.repeating(seed));
  }

  private GgufWriter writer(RandomWeights weights) {
    GgufWriter writer = new GgufWriter();
    RandomMetadata.put(writer, this);
    RandomVocabulary.put(writer, vocabulary, shape.vocabulary());
    new RandomTensors(writer, this, weights).put();
    return writer;
  }

  /** Writes the file and returns its path. */
  public Path write(Path file) {
    writer().write(file);
    return file;
  }
}
