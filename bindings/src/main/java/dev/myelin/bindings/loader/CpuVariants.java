package dev.myelin.bindings.loader;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The variants of ggml's CPU library, named after processors, that use no instructions beyond an
 * instruction set of the kernels.
 */
final class CpuVariants {
  private static final Pattern FILE =
      Pattern.compile(
          "(?:lib)?ggml-cpu-([a-z0-9_.]+?)(\\.v[0-9.]+)?\\.(so|dylib|dll)(\\.[0-9.]+)?");

  private static final List<String> AVX2 =
      List.of("x64", "sse42", "sandybridge", "ivybridge", "piledriver", "haswell");
  private static final List<String> AVXVNNI = plus(AVX2, "alderlake");

  /** Without sapphirerapids, which has AMX. */
  private static final List<String> AVX512 =
      plus(AVXVNNI, "skylakex", "cannonlake", "cascadelake", "icelake", "cooperlake", "zen4");

  /** Those without i8mm and SVE. */
  private static final List<String> DOTPROD =
      List.of("armv8.0_1", "armv8.2_1", "armv8.2_2", "apple_m1");

  private static final Map<String, List<String>> BY_ISA =
      Map.of("avx2", AVX2, "avxvnni", AVXVNNI, "avx512", AVX512, "dotprod", DOTPROD);

  private CpuVariants() {}

  private static List<String> plus(List<String> names, String... more) {
    return Stream.concat(names.stream(), Stream.of(more)).toList();
  }

  /**
   * Whether a library belongs to an instruction set; {@code scalar}, {@code none} and others have
   * no bound.
   */
  static boolean allows(String isa, Path library) {
    List<String> names = BY_ISA.get(isa);
    Matcher file = FILE.matcher(library.getFileName().toString());
    return names == null || file.matches() && names.contains(file.group(1));
  }
}
