package dev.myelin.benches;

import static org.assertj.core.api.Assertions.assertThat;

import dev.myelin.benches.BenchmarkPlan.Run;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.openjdk.jmh.runner.BenchmarkList;
import org.openjdk.jmh.runner.format.OutputFormatFactory;
import org.openjdk.jmh.runner.options.CommandLineOptionException;
import org.openjdk.jmh.runner.options.CommandLineOptions;
import org.openjdk.jmh.runner.options.VerboseMode;

/** Checks the arguments with JMH's own parser. */
class BenchmarkPlanTest {
  private static CommandLineOptions parsed(Run run) throws CommandLineOptionException {
    return new CommandLineOptions(run.arguments().toArray(String[]::new));
  }

  @Test
  void passesArgumentsToJmh() {
    BenchmarkPlan plan = new BenchmarkPlan(false, List.of(), List.of("Sampler", "-i", "2"));
    assertThat(plan.runs()).containsExactly(new Run(Map.of(), List.of("Sampler", "-i", "2")));
    assertThat(plan.command()).endsWith("make bench ARGS='Sampler -i 2'");
  }

  @Test
  void setsTheEnvironmentForEachInstructionSet() throws Exception {
    BenchmarkPlan plan =
        new BenchmarkPlan(false, List.of("avx2", "none"), List.of("-p", "type=Q4_K"));
    List<Run> runs = plan.runs();
    assertThat(runs)
        .extracting(Run::environment)
        .containsExactly(Map.of("MYELIN_ISA", "avx2"), Map.of());
    assertThat(parsed(runs.get(0)).getParameter("isa").get()).containsExactly("avx2");
    assertThat(parsed(runs.get(1)).getParameter("isa").get()).containsExactly("none");
    assertThat(parsed(runs.get(1)).getParameter("type").get()).containsExactly("Q4_K");
    assertThat(plan.command()).endsWith("make bench ISA='avx2 none' ARGS='-p type=Q4_K'");
  }

  /** JMH ignores parameters and values that a benchmark does not have. */
  @Test
  void quickRunHasEveryClassWithItsOwnParameters() throws Exception {
    Set<String> classes = new HashSet<>();
    for (Run run : new BenchmarkPlan(true, List.of(), List.of()).runs()) {
      CommandLineOptions options = parsed(run);
      assertThat(options.getIncludes()).hasSize(1);
      Class<?> type = Class.forName("dev.myelin.benches." + options.getIncludes().getFirst());
      classes.add(type.getSimpleName());
      for (int i = 0; i < run.arguments().size(); i++) {
        if (run.arguments().get(i).equals("-p")) {
          String name = run.arguments().get(i + 1).split("=")[0];
          assertThat(type.getDeclaredField(name)).isNotNull();
        }
      }
    }
    assertThat(classes).isEqualTo(allClasses());
  }

  /** Those that the annotation processor found. */
  private static Set<String> allClasses() {
    return BenchmarkList.defaultList()
        .getAll(OutputFormatFactory.createFormatInstance(System.out, VerboseMode.SILENT), List.of())
        .stream()
        .map(entry -> entry.getUserClassQName().replaceFirst(".*[.]", ""))
        .collect(Collectors.toSet());
  }

  @Test
  void findsUnsupportedInstructionSet() {
    List<String> known = List.of("avx2", "scalar", "none");
    assertThat(
            new BenchmarkPlan(true, List.of("best", "none", "avx2"), List.of())
                .unsupportedInstructionSet(known))
        .isEmpty();
    assertThat(
            new BenchmarkPlan(true, List.of("none", "avx512"), List.of())
                .unsupportedInstructionSet(known))
        .contains("avx512");
  }
}
