package dev.myelin.testing;

import dev.myelin.gguf.GgmlType;
import dev.myelin.gguf.GgufWriter;
import java.nio.file.Path;
import java.util.Collections;
import java.util.EnumSet;
import java.util.Set;

/**
 * A checkpoint with random weights of realistic scale, reproducible from its description. Each
 * tensor has its own generator, seeded by its name, so that adding or removing a feature does not
 * change the other tensors.
 *
 * @param architecture llama, qwen2, qwen3 or gpt2
 * @param types the type of each matrix; vectors are f32
 * @param vocabulary kind of tokenizer
 * @param seed seed of the weights
 */
public record RandomModel(
    String architecture,
    Shape shape,
    Set<Feature> features,
    TypeMix types,
    RandomVocabulary.Kind vocabulary,
    long seed) {

  /** Dimensions, named as in the hyperparameters. */
  public record Shape(
      int layers,
      int width,
      int heads,
      int kvHeads,
      int headSize,
      int feedForward,
      int vocabulary,
      int contextLength) {
    /**
     * A small shape: rows are multiples of every block size, heads of every cache type's block
     * size.
     */
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

  /** Optional features of a model. */
  public enum Feature {
    /** No output matrix: tied to the token embedding. */
    TIED,
    /** All biases that are optional in the architecture. */
    BIASES,
    /** {@code .scale} tensors on every matrix of a layer. */
    SCALES,
    /** Per-frequency factors of Llama 3. */
    ROPE_FREQS,
    ROPE_LINEAR,
    ROPE_YARN,
    /** LongRoPE: two sets of factors, for contexts up to 256 positions and longer. */
    ROPE_LONG,
    /** A frequency base of a million. */
    ROPE_BASE,
    /** One matrix for queries, keys and values. */
    FUSED_QKV,
    /** Six experts, three per token. */
    EXPERTS
  }

  /** The type of each matrix. */
  @FunctionalInterface
  public interface TypeMix {
    GgmlType of(String tensor);

    static TypeMix all(GgmlType type) {
      return tensor -> type;
    }

    /** One type for the layers, another for embedding and output. */
    static TypeMix mixed(GgmlType layers, GgmlType embedding) {
      return tensor ->
          tensor.startsWith("token_embd") || tensor.startsWith("output") ? embedding : layers;
    }
  }

  /** Number of experts, and of experts per token, with {@link Feature#EXPERTS}. */
  static final int EXPERTS = 6;

  static final int EXPERTS_USED = 3;

  /** Original context length of {@link Feature#ROPE_LONG} and YaRN models. */
  public static final int ORIGINAL_CONTEXT = 256;

  /** A small f32 model without optional features. */
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

  public RandomModel withContextLength(int value) {
    return withShape(shape.withContextLength(value));
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

  /** A writer of the file, which the caller may change further. */
  public GgufWriter writer() {
    return writer(RandomWeights.exact(seed));
  }

  /** A writer for large models, which repeats a pattern of random values. */
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
    PlainFile.write(writer(), file);
    return file;
  }
}
