package dev.myelin.quantize;

import dev.myelin.gguf.GgmlType;
import java.util.Collections;
import java.util.EnumMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A quantization mix, named like llama.cpp's file types: a base type, and rules that give some
 * matrices another type. Immutable and thread-safe.
 *
 * @param name such as {@code Q4_K_M}
 * @param fileType the value of {@code general.file_type}
 * @param base the type of every matrix without a rule
 * @param rules by role; a rule that returns null keeps the base type
 * @param largeModelRules whether the value and key matrices of 70B and 8-expert models get more
 *     bits than the rules say
 */
public record Mix(
    String name,
    int fileType,
    GgmlType base,
    Map<TensorRole, Rule> rules,
    boolean largeModelRules) {

  /** Chooses the type of a matrix, or null for the base type. */
  @FunctionalInterface
  public interface Rule {
    @Nullable GgmlType typeFor(MatrixContext place);
  }

  /**
   * What a rule knows about a matrix.
   *
   * @param layer its layer, or the number of matrices of its role seen before it
   * @param layers the number of layers, or of matrices of its role
   * @param isExpertStack whether the tensor holds the matrices of several experts
   * @param hasImportance whether an importance matrix is given
   */
  public record MatrixContext(
      TensorRole role,
      int layer,
      int layers,
      boolean isExpertStack,
      boolean hasImportance,
      ModelTraits model) {
    private static final int MIN_GROUP = 4;

    /** Whether the layer is in the first {@code 1 / n} of the layers. */
    boolean inFirstFraction(int n) {
      return layer < layers / n;
    }

    /**
     * Whether the layer is in the first eighth, in the last eighth, or is every third one between
     * them.
     */
    boolean usesMoreBits() {
      return inFirstFraction(8) || layer >= 7 * layers / 8 || (layer - layers / 8) % 3 == 2;
    }

    /** Whether the layer is between the first and the last eighth. */
    boolean inMiddle() {
      return !inFirstFraction(8) && layer < 7 * layers / 8;
    }

    /**
     * Whether four or more query heads share a KV head. Key and value matrices are then small, and
     * more sensitive.
     */
    boolean isGroupedQuery() {
      return model.headsPerKvHead() >= MIN_GROUP;
    }

    boolean hasEightExperts() {
      return model.experts() == 8;
    }

    boolean isFalcon() {
      return model.isFalcon();
    }
  }

  public Mix {
    EnumMap<TensorRole, Rule> copy = new EnumMap<>(TensorRole.class);
    copy.putAll(rules);
    rules = Collections.unmodifiableMap(copy);
  }

  static Mix of(String name, int fileType, GgmlType base) {
    return new Mix(name, fileType, base, Map.of(), true);
  }

  Mix withRule(TensorRole role, Rule rule) {
    EnumMap<TensorRole, Rule> more = new EnumMap<>(TensorRole.class);
    more.putAll(rules);
    more.put(role, rule);
    return new Mix(name, fileType, base, more, largeModelRules);
  }

  /** Adds a rule for every role that has none. */
  Mix withDefaultRule(Rule rule) {
    Mix mix = this;
    for (TensorRole role : TensorRole.values()) {
      mix = rules.containsKey(role) ? mix : mix.withRule(role, rule);
    }
    return mix;
  }

  /** The same mix without the extra bits for large models. */
  Mix withoutLargeModelRules() {
    return new Mix(name, fileType, base, rules, false);
  }

  /** The type that the rules choose for a matrix, else the base type. */
  GgmlType typeFor(MatrixContext matrix) {
    Rule rule = rules.get(matrix.role());
    GgmlType chosen = rule == null ? null : rule.typeFor(matrix);
    return chosen == null ? base : chosen;
  }

  /** Whether the base type is a block format. Rules and overrides apply only then. */
  public boolean isQuantized() {
    return base.isQuantized();
  }
}
