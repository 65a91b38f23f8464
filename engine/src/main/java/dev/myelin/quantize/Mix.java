package dev.myelin.quantize;

import dev.myelin.gguf.GgmlType;
import java.util.Collections;
import java.util.EnumMap;
import java.util.Map;

/**
 * A file type as users name it: a type for most matrices, and rules for those that get another.
 *
 * @param name such as {@code Q4_K_M}
 * @param fileType the number that {@code general.file_type} keeps of it
 * @param base the type of a matrix that no rule is about
 * @param rules by role; the answer null keeps the base
 * @param generous whether values and keys of certain large models get more bits whatever the rules
 *     say
 */
public record Mix(
    String name, int fileType, GgmlType base, Map<Role, Rule> rules, boolean generous) {

  /** Chooses the type of a matrix by the place it has in the model, null for the mix's own. */
  @FunctionalInterface
  public interface Rule {
    GgmlType at(Place place);
  }

  /**
   * Where a matrix stands.
   *
   * @param layer its layer, or how many of its role came before
   * @param layers how many layers there are, or matrices of its role
   * @param stacked whether it is a stack of experts' matrices
   * @param importance whether there is an importance matrix
   */
  public record Place(
      Role role, int layer, int layers, boolean stacked, boolean importance, ModelFacts model) {
    private static final int GROUPED = 4;

    /** In the first {@code 1 / n} of the layers. */
    boolean inFirst(int n) {
      return layer < layers / n;
    }

    /** In the first eighth, the last eighth, or every third layer between them. */
    boolean deservesMore() {
      return inFirst(8) || layer >= 7 * layers / 8 || (layer - layers / 8) % 3 == 2;
    }

    /** Between the first and the last eighth. */
    boolean inMiddle() {
      return !inFirst(8) && layer < 7 * layers / 8;
    }

    /** Whether four or more query heads share keys and values: those are small, and matter more. */
    boolean grouped() {
      return model.headsPerKvHead() >= GROUPED;
    }

    boolean eightExperts() {
      return model.experts() == 8;
    }

    boolean falcon() {
      return model.isFalcon();
    }
  }

  public Mix {
    EnumMap<Role, Rule> copy = new EnumMap<>(Role.class);
    copy.putAll(rules);
    rules = Collections.unmodifiableMap(copy);
  }

  static Mix of(String name, int fileType, GgmlType base) {
    return new Mix(name, fileType, base, Map.of(), true);
  }

  Mix with(Role role, Rule rule) {
    EnumMap<Role, Rule> more = new EnumMap<>(Role.class);
    more.putAll(rules);
    more.put(role, rule);
    return new Mix(name, fileType, base, more, generous);
  }

  /** One rule for every role that has none yet. */
  Mix withOthers(Rule rule) {
    Mix mix = this;
    for (Role role : Role.values()) {
      mix = rules.containsKey(role) ? mix : mix.with(role, rule);
    }
    return mix;
  }

  /** Rules that are final. */
  Mix strict() {
    return new Mix(name, fileType, base, rules, false);
  }

  /** What a rule says of this place, else the base. */
  GgmlType at(Place place) {
    Rule rule = rules.get(place.role());
    GgmlType chosen = rule == null ? null : rule.at(place);
    return chosen == null ? base : chosen;
  }

  /** Whether the base shares scales among elements; only then rules and overrides apply. */
  public boolean isQuantised() {
    return base.isQuantized();
  }
}
