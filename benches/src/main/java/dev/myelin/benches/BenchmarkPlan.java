package dev.myelin.benches;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What {@code make bench} runs.
 *
 * @param quick a few benchmarks of each class, a few minutes in all
 * @param instructionSets values of MYELIN_ISA to run the kernel benchmark with; if empty, all
 *     benchmarks run in the present environment
 * @param arguments JMH's
 */
record BenchmarkPlan(boolean quick, List<String> instructionSets, List<String> arguments) {
  static final String ISA_VARIABLE = "MYELIN_ISA";

  /** Iterations of a quick run of the kernel benchmark. */
  private static final List<String> KERNEL_ITERATIONS =
      List.of("-wi", "1", "-w", "200ms", "-i", "5", "-r", "200ms");

  /** Iterations of a quick run of the others, which the JVM has to compile first. */
  private static final List<String> OTHER_ITERATIONS =
      List.of("-wi", "2", "-w", "300ms", "-i", "5", "-r", "200ms");

  /** One thread: a process on another core would delay all threads, which wait for each other. */
  private static final List<String> QUICK_KERNELS =
      List.of(
          KernelResults.NAME,
          "-p",
          "type=Q4_0,Q8_0,Q4_K,Q6_K,F16",
          "-p",
          "shape=2048x2048",
          "-p",
          "positions=1,8,512",
          "-p",
          "threads=1");

  /** One per class: JMH applies {@code -p} to every class with a parameter of that name. */
  private static final List<List<String>> QUICK_OTHERS =
      List.of(
          List.of(
              "SgemmBenchmark",
              "-p",
              "shape=384x2048x1024",
              "-p",
              "kind=MUL_MAT,OUT_PROD",
              "-p",
              "threads=1"),
          List.of("NativeCallBenchmark"),
          List.of("GraphBenchmark", "-p", "architecture=llama"),
          List.of("SamplerBenchmark", "-p", "settings=GREEDY,DEFAULT", "-p", "vocabulary=128256"),
          List.of("TokenizerBenchmark", "-p", "kind=SPM,LLAMA_BPE", "-p", "text=ENGLISH"),
          List.of("OpenBenchmark", "-p", "vocabulary=128256"));

  /** A run of JMH: its arguments, and variables for the environment of JMH and its forks. */
  record Run(Map<String, String> environment, List<String> arguments) {}

  /** The runs of one report. */
  List<Run> runs() {
    List<Run> runs = new ArrayList<>();
    for (String set : instructionSets) {
      boolean named = !set.equals(KernelBenchmark.BEST) && !set.equals(KernelBenchmark.GGML);
      runs.add(
          new Run(
              named ? Map.of(ISA_VARIABLE, set) : Map.of(),
              concat(
                  quick ? QUICK_KERNELS : List.of(KernelResults.NAME),
                  List.of("-p", "isa=" + set),
                  quick ? KERNEL_ITERATIONS : arguments)));
    }
    if (!instructionSets.isEmpty()) {
      return runs;
    }
    if (!quick) {
      return List.of(new Run(Map.of(), arguments));
    }
    runs.add(new Run(Map.of(), concat(QUICK_KERNELS, KERNEL_ITERATIONS)));
    for (List<String> other : QUICK_OTHERS) {
      runs.add(new Run(Map.of(), concat(other, OTHER_ITERATIONS)));
    }
    return runs;
  }

  /**
   * The first instruction set of the plan that this CPU does not support.
   *
   * @param known the supported values of MYELIN_ISA
   */
  Optional<String> unsupportedInstructionSet(List<String> known) {
    return instructionSets.stream()
        .filter(set -> !set.equals(KernelBenchmark.BEST) && !known.contains(set))
        .findFirst();
  }

  /** The command line that repeats this run. */
  String command() {
    String set = System.getenv(ISA_VARIABLE);
    return (set == null ? "" : ISA_VARIABLE + "=" + set + " ")
        + "make bench"
        + (quick ? " QUICK=1" : "")
        + (instructionSets.isEmpty() ? "" : " ISA='" + String.join(" ", instructionSets) + "'")
        + (arguments.isEmpty() ? "" : " ARGS='" + String.join(" ", arguments) + "'");
  }

  @SafeVarargs
  private static List<String> concat(List<String>... parts) {
    List<String> all = new ArrayList<>();
    for (List<String> part : parts) {
      all.addAll(part);
    }
    return all;
  }
}
