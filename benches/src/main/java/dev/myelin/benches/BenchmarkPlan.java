package dev.myelin.benches;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What {@code make bench} was asked for.
 *
 * @param quick a few benchmarks of each class, some minutes in all
 * @param sets instruction sets to measure the kernels by, one after the other; empty for all
 *     benchmarks, as the environment has it
 * @param arguments of JMH
 */
record BenchmarkPlan(boolean quick, List<String> sets, List<String> arguments) {
  static final String VARIABLE = "MYELIN_ISA";

  /** Iterations of a quick run: of kernels, and of what the JVM has to compile first. */
  private static final List<String> SHORT =
      List.of("-wi", "1", "-w", "200ms", "-i", "5", "-r", "200ms");

  private static final List<String> WARM =
      List.of("-wi", "2", "-w", "300ms", "-i", "5", "-r", "200ms");

  /** On one thread: a neighbour on the other core would make all threads wait for each other. */
  private static final List<String> QUICK_KERNELS =
      List.of(
          KernelFigures.NAME,
          "-p",
          "type=Q4_0,Q8_0,Q4_K,Q6_K,F16",
          "-p",
          "shape=2048x2048",
          "-p",
          "positions=1,8,512",
          "-p",
          "threads=1");

  /** One a class, since a parameter's values are for all classes that have one of that name. */
  private static final List<List<String>> QUICK_OTHERS =
      List.of(
          List.of(
              "ProductBenchmark",
              "-p",
              "shape=384x2048x1024",
              "-p",
              "kind=MUL_MAT,OUT_PROD",
              "-p",
              "threads=1"),
          List.of("NativeCallBenchmark"),
          List.of("GraphBenchmark", "-p", "architecture=llama"),
          List.of("SamplerBenchmark", "-p", "way=GREEDY,DEFAULT", "-p", "vocabulary=128256"),
          List.of("TokenizerBenchmark", "-p", "kind=SPM,LLAMA_BPE", "-p", "text=ENGLISH"),
          List.of("OpenBenchmark", "-p", "vocabulary=128256"));

  /** One run of JMH: its arguments, and what is set in its environment and that of its forks. */
  record Run(Map<String, String> environment, List<String> arguments) {}

  /** The runs, whose results belong together. */
  List<Run> runs() {
    List<Run> runs = new ArrayList<>();
    for (String set : sets) {
      boolean named = !set.equals(KernelBenchmark.BEST) && !set.equals(KernelBenchmark.GGML);
      runs.add(
          new Run(
              named ? Map.of(VARIABLE, set) : Map.of(),
              joined(
                  quick ? QUICK_KERNELS : List.of(KernelFigures.NAME),
                  List.of("-p", "isa=" + set),
                  quick ? SHORT : arguments)));
    }
    if (!sets.isEmpty()) {
      return runs;
    }
    if (!quick) {
      return List.of(new Run(Map.of(), arguments));
    }
    runs.add(new Run(Map.of(), joined(QUICK_KERNELS, SHORT)));
    for (List<String> other : QUICK_OTHERS) {
      runs.add(new Run(Map.of(), joined(other, WARM)));
    }
    return runs;
  }

  /**
   * The set that is asked for and none of those that this CPU has.
   *
   * @param known the values of MYELIN_ISA here
   */
  Optional<String> unknownSet(List<String> known) {
    return sets.stream()
        .filter(set -> !set.equals(KernelBenchmark.BEST) && !known.contains(set))
        .findFirst();
  }

  /** How to ask for the same again. */
  String command() {
    String set = System.getenv(VARIABLE);
    return (set == null ? "" : VARIABLE + "=" + set + " ")
        + "make bench"
        + (quick ? " QUICK=1" : "")
        + (sets.isEmpty() ? "" : " ISA='" + String.join(" ", sets) + "'")
        + (arguments.isEmpty() ? "" : " ARGS='" + String.join(" ", arguments) + "'");
  }

  @SafeVarargs
  private static List<String> joined(List<String>... parts) {
    List<String> all = new ArrayList<>();
    for (List<String> part : parts) {
      all.addAll(part);
    }
    return all;
  }
}
