package dev.myelin.quantize;

import dev.myelin.error.InvalidRequestException;
import dev.myelin.gguf.GgmlType;
import java.util.Collections;
import java.util.EnumSet;
import java.util.Set;
import java.util.stream.Collectors;

/** The types that a tensor can be converted to. Stateless and thread-safe. */
public final class TargetTypes {
  /** Types of intermediate results, integers and doubles are excluded. */
  private static final Set<GgmlType> ALL =
      Collections.unmodifiableSet(
          EnumSet.complementOf(
              EnumSet.of(
                  GgmlType.Q8_1,
                  GgmlType.Q8_K,
                  GgmlType.I8,
                  GgmlType.I16,
                  GgmlType.I32,
                  GgmlType.I64,
                  GgmlType.F64)));

  private static final Set<GgmlType> REQUIRE_IMPORTANCE =
      EnumSet.of(GgmlType.IQ2_XXS, GgmlType.IQ2_XS, GgmlType.IQ1_S);

  private static final Set<GgmlType> POOR_WITHOUT_IMPORTANCE =
      EnumSet.of(
          GgmlType.IQ3_XXS,
          GgmlType.IQ2_XXS,
          GgmlType.IQ2_XS,
          GgmlType.IQ2_S,
          GgmlType.IQ1_M,
          GgmlType.IQ1_S);

  private TargetTypes() {}

  public static Set<GgmlType> all() {
    return ALL;
  }

  /**
   * Finds a type by name, ignoring case.
   *
   * @throws InvalidRequestException if there is no such type, or tensors cannot be converted to it
   */
  public static GgmlType named(String name) {
    return ALL.stream()
        .filter(type -> type.ggmlName().equalsIgnoreCase(name))
        .findFirst()
        .orElseThrow(
            () ->
                new InvalidRequestException(
                    "type '"
                        + name
                        + "': expected one of "
                        + ALL.stream().map(GgmlType::ggmlName).collect(Collectors.joining(", "))));
  }

  static void require(GgmlType type) {
    if (!ALL.contains(type)) {
      throw new InvalidRequestException(
          "type " + type.ggmlName() + ": tensors cannot be converted to it");
    }
  }

  /** Whether ggml cannot write the type without an importance matrix. */
  static boolean requiresImportance(GgmlType type) {
    return REQUIRE_IMPORTANCE.contains(type);
  }

  /** Whether a tensor of this type is unusable without an importance matrix. */
  static boolean needsImportance(String tensor, GgmlType type, Mix mix) {
    if (requiresImportance(type)) {
      return true;
    }
    TensorRole role = TensorRole.of(tensor);
    if (role == TensorRole.OUTPUT || role == TensorRole.TOKEN_EMBEDDING) {
      return false;
    }
    return POOR_WITHOUT_IMPORTANCE.contains(type)
        || (type == GgmlType.Q2_K && mix.name().equals("Q2_K_S"));
  }
}
