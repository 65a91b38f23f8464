package dev.myelin.benches;

import dev.myelin.gguf.GgmlType;
import dev.myelin.testing.RandomModel;
import dev.myelin.testing.RandomModel.Feature;
import dev.myelin.testing.RandomModel.Shape;
import dev.myelin.testing.RandomModel.TypeMix;
import dev.myelin.testing.RandomSample;
import dev.myelin.testing.RandomVocabulary;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * Writes a model with random weights in the shape of a published one, to measure speed without a
 * download.
 *
 * <p>Usage: {@code RandomCheckpoint SHAPE TYPE FILE}, for example {@code llama-1b q4_k_m m.gguf}.
 */
public final class RandomCheckpoint {
  private RandomCheckpoint() {}

  /** Shapes of published models. */
  enum Size {
    /** Llama 3.2 1B: 16 layers, 2048 wide, 128256 tokens, output tied to the embedding. */
    LLAMA_1B(Shape.LLAMA_1B, Feature.TIED, Feature.ROPE_FREQS, Feature.ROPE_BASE),
    /** Llama 3.1 8B. */
    LLAMA_8B(
        new Shape(32, 4096, 32, 8, 128, 14_336, 128_256, 131_072),
        Feature.ROPE_FREQS,
        Feature.ROPE_BASE);

    private final Shape shape;
    private final Feature[] features;

    Size(Shape shape, Feature... features) {
      this.shape = shape;
      this.features = features;
    }
  }

  public static void main(String[] args) {
    if (args.length != 3) {
      throw new IllegalArgumentException(
          "usage: RandomCheckpoint SHAPE TYPE FILE, where SHAPE is one of "
              + Arrays.stream(Size.values())
                  .map(s -> s.name().toLowerCase(Locale.ROOT).replace('_', '-'))
                  .collect(Collectors.joining(", "))
              + ", "
              + String.join(", ", PublishedShapes.all().keySet())
              + " and TYPE is q4_k_m, q5_k_m or a ggml type such as q8_0");
    }
    RandomSample published = PublishedShapes.all().get(args[0]);
    if (published != null) {
      GgmlType type = GgmlType.valueOf(args[1].toUpperCase(Locale.ROOT));
      published.repeatingWriter(PublishedShapes.types(type)).write(Path.of(args[2]));
      return;
    }
    Size size = Size.valueOf(args[0].toUpperCase(Locale.ROOT).replace('-', '_'));
    String type = args[1].toUpperCase(Locale.ROOT);
    TypeMix types =
        type.endsWith("_K_M")
            ? new MediumMix(
                GgmlType.valueOf(type.substring(0, type.length() - 2)), size.shape.layers())
            : TypeMix.all(GgmlType.valueOf(type));
    RandomModel.small("llama")
        .withShape(size.shape)
        .with(size.features[0], size.features)
        .withTypes(types)
        .withVocabulary(RandomVocabulary.Kind.LLAMA_BPE)
        .repeatingWriter()
        .write(Path.of(args[2]));
  }

  /**
   * llama.cpp's Q4_K_M or Q5_K_M: Q6_K for the output, and for attn_v and ffn_down in the first and
   * the last eighth of the layers and in every third layer between them.
   */
  record MediumMix(GgmlType type, int layers) implements TypeMix {
    @Override
    public GgmlType of(String tensor) {
      if (tensor.startsWith("token_embd") || tensor.equals("output")) {
        return GgmlType.Q6_K;
      }
      boolean sensitive = tensor.endsWith("attn_v") || tensor.endsWith("ffn_down");
      return sensitive && usesMoreBits(Integer.parseInt(tensor.split("\\.")[1]))
          ? GgmlType.Q6_K
          : type;
    }

    private boolean usesMoreBits(int layer) {
      int eighth = layers / 8;
      return layer < eighth || layer >= 7 * layers / 8 || (layer - eighth) % 3 == 2;
    }
  }
}
