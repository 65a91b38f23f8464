package dev.myelin.benches;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import dev.myelin.error.NativeLibraryException;
import dev.myelin.natives.Isa;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Runs JMH, once per environment, and writes a report: {@code report.md}, {@code jmh.json} with
 * JMH's own output, {@code kernels.svg}.
 *
 * <p>Usage: {@code BenchmarkRun FOLDER QUICK SETS [JMH's arguments]}, as {@code make bench} calls
 * it. QUICK is empty or not; SETS lists instruction sets, see {@link BenchmarkPlan}.
 */
public final class BenchmarkRun {
  /** How JMH's line ends if a benchmark threw or a fork crashed; JMH continues with the next. */
  private static final Pattern FAILURE = Pattern.compile("<(failure|forked VM failed[^>]*)>$");

  private final Path folder;
  private final ArrayNode results = new ObjectMapper().createArrayNode();
  private int failures;

  private BenchmarkRun(Path folder) {
    this.folder = folder;
  }

  public static void main(String[] args) throws IOException, InterruptedException {
    if (args.length < 3) {
      System.err.println("usage: BenchmarkRun FOLDER QUICK SETS [JMH's arguments]");
      System.exit(2);
    }
    List<String> jmh = Arrays.asList(args).subList(3, args.length);
    BenchmarkPlan plan = new BenchmarkPlan(!args[1].isBlank(), splitWords(args[2]), jmh);
    if (plan.quick() && !jmh.isEmpty()) {
      System.err.println("bench: QUICK sets its own arguments: omit ARGS");
      System.exit(2);
    }
    try {
      List<String> known = Isa.names();
      Optional<String> unknown = plan.unsupportedInstructionSet(known);
      if (unknown.isPresent()) {
        System.err.println(
            "bench: ISA "
                + unknown.get()
                + ": this CPU supports "
                + KernelBenchmark.BEST
                + ", "
                + String.join(", ", known));
        System.exit(2);
      }
    } catch (NativeLibraryException e) {
      System.err.println("bench: " + e.getMessage());
      System.exit(1);
    }
    System.exit(new BenchmarkRun(Path.of(args[0])).run(plan));
  }

  private static List<String> splitWords(String text) {
    return Arrays.stream(text.toLowerCase(Locale.ROOT).split("[\\s,]+"))
        .filter(word -> !word.isEmpty())
        .toList();
  }

  private int run(BenchmarkPlan plan) throws IOException, InterruptedException {
    Map<String, String> machine = MachineInfo.describe();
    Files.createDirectories(folder);
    for (BenchmarkPlan.Run run : plan.runs()) {
      int status = runJmh(run);
      if (status != 0) {
        return status;
      }
    }
    if (!results.isEmpty()) {
      write(new Report(plan.command(), machine, JmhResult.read(results.toString())));
    }
    if (failures > 0) {
      System.err.println("bench: " + failures + " benchmarks failed, see above");
    }
    return failures > 0 ? 1 : 0;
  }

  /** Runs JMH and collects its results; options such as -h and -l give none. */
  private int runJmh(BenchmarkPlan.Run run) throws IOException, InterruptedException {
    Path file = Files.createTempFile("jmh", ".json");
    try {
      Process process = start(run, file);
      Runtime.getRuntime().addShutdownHook(new Thread(process::destroy, "myelin-end-jmh"));
      try (BufferedReader lines = process.inputReader()) {
        for (String line; (line = lines.readLine()) != null; ) {
          System.out.println(line);
          failures += FAILURE.matcher(line).find() ? 1 : 0;
        }
      }
      int status = process.waitFor();
      if (status == 0 && Files.size(file) > 0) {
        new ObjectMapper().readTree(file.toFile()).forEach(results::add);
      }
      return status;
    } finally {
      Files.delete(file);
    }
  }

  private static Process start(BenchmarkPlan.Run run, Path file) throws IOException {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow", // JMH's
                "-Dmyelin.home=" + System.getProperty("myelin.home"),
                "-Djava.io.tmpdir=" + System.getProperty("java.io.tmpdir"),
                "-cp",
                System.getProperty("java.class.path"),
                "org.openjdk.jmh.Main"));
    command.addAll(run.arguments());
    command.addAll(List.of("-rf", "json", "-rff", file.toString()));
    ProcessBuilder builder =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT);
    builder.environment().putAll(run.environment());
    return builder.start();
  }

  private void write(Report report) throws IOException {
    Files.writeString(folder.resolve("jmh.json"), results.toPrettyString());
    boolean chart = false;
    KernelResults figures = KernelResults.of(report.results());
    if (!figures.isEmpty()) {
      try {
        Files.writeString(folder.resolve(Report.CHART), KernelChart.draw(figures));
        chart = true;
      } catch (IOException e) {
        System.err.println("bench: " + e.getMessage());
      }
    }
    Path page = folder.resolve("report.md");
    Files.writeString(page, report.markdown(chart));
    System.out.println("report: " + page);
  }
}
