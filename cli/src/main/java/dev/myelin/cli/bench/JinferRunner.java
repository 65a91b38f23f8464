package dev.myelin.cli.bench;

import dev.myelin.adapter.Adapter;
import dev.myelin.bench.BenchRunner;
import dev.myelin.bench.BenchSpec;
import dev.myelin.bench.ColdRun;
import dev.myelin.bench.Interval;
import dev.myelin.error.InvalidRequestException;
import dev.myelin.generate.SessionOptions;
import dev.myelin.state.CacheType;
import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * jinfer by its benchmark, with the JDK in use. It warms up until its speed settles, which takes
 * many runs; therefore all repetitions follow one another in one process.
 */
final class JinferRunner implements BenchRunner {
  static final String NAME = "jinfer";

  /** The value of JAM_ISA for each of Myelin's instruction sets. */
  private static final Map<String, String> INSTRUCTION_SETS =
      Map.of("avx512", "auto", "avxvnni", "avx_vnni", "avx2", "avx2");

  private static final String MAIN = "com.qxotic.jinfer.bench.JinferBench";

  /** {@code pp512 [rep 0] 123.45 t/s}. */
  private static final Pattern REPETITION =
      Pattern.compile("\\s*(\\S+)\\s+\\[rep\\s+(\\d{1,6})]\\s+(\\d{1,9}\\.\\d{2}) t/s");

  private record Runs(List<Interval> intervals, long started, Long peakBytes) {}

  private final String classPath;
  private final Duration limit;
  private final String isa;
  private final Path model;
  private final SessionOptions session;

  JinferRunner(PeerProgram program, Path model, List<Adapter> adapters, SessionOptions session) {
    classPath = program.path();
    limit = program.limit();
    isa = program.isa() == null ? "avx512" : program.isa().strip().toLowerCase(Locale.ROOT);
    this.model = model;
    this.session = session;
    for (String entry : classPath.split(Pattern.quote(File.pathSeparator), -1)) {
      if (!Files.isRegularFile(Path.of(entry)) && !Files.isDirectory(Path.of(entry))) {
        throw new InvalidRequestException(entry + ": no such file");
      }
    }
    if (!INSTRUCTION_SETS.containsKey(isa)) {
      throw new InvalidRequestException("its benchmark has no instruction set " + program.isa());
    }
    if (!adapters.isEmpty()) {
      throw new InvalidRequestException("its benchmark takes no adapters");
    }
    if (session.cacheType() != CacheType.F16) {
      throw new InvalidRequestException("its benchmark has no option for the type of the cache");
    }
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public boolean alternates() {
    return false;
  }

  @Override
  public void prepare(BenchSpec test) {
    if (test.depth() > 0 || test.prompt() > 0 && test.generated() > 0) {
      throw new InvalidRequestException(test.label() + ": its benchmark has no such test");
    }
  }

  @Override
  public List<Interval> run(BenchSpec test, int repetitions) {
    return process(test, repetitions, true).intervals;
  }

  @Override
  public ColdRun coldRun(BenchSpec test) {
    prepare(test);
    Runs runs = process(test, 1, false);
    long end = runs.intervals.getFirst().end();
    return new ColdRun(test.prompt() > 0 ? end - runs.started : null, runs.peakBytes);
  }

  /** Ends the process after the repetitions: it would measure other things then. */
  private Runs process(BenchSpec test, int repetitions, boolean warmUp) {
    Map<String, String> variables =
        Map.of(
            "JAM_NUM_THREADS",
            Integer.toString(session.threads()),
            "JAM_ISA",
            INSTRUCTION_SETS.get(isa));
    List<Interval> intervals = new ArrayList<>();
    try (PeerProcess process =
        PeerProcess.start(
            command(test, repetitions, warmUp), variables, PeerProcess.Output.ERROR, limit)) {
      while (true) {
        String line = process.readLine();
        if (line == null) {
          process.awaitSuccess();
          throw process.failure("ended after %s repetitions".formatted(intervals.size()));
        }
        Matcher repetition = REPETITION.matcher(line);
        if (!repetition.matches()) {
          process.noteError(line);
          continue;
        }
        long end = System.nanoTime();
        double rate = Double.parseDouble(repetition.group(3));
        if (!repetition.group(1).equals(test.label())
            || Integer.parseInt(repetition.group(2)) != intervals.size()
            || rate <= 0) {
          throw process.failure("unexpected output");
        }
        intervals.add(new Interval(end - Math.round(test.tokens() * 1e9 / rate), end));
        if (intervals.size() == repetitions) {
          return new Runs(intervals, process.started(), process.peakBytes());
        }
      }
    }
  }

  private List<String> command(BenchSpec test, int repetitions, boolean warmUp) {
    List<String> command = new ArrayList<>();
    command.add(PeerProcess.java());
    command.addAll(List.of("--enable-preview", "--add-modules=jdk.incubator.vector"));
    command.add("--enable-native-access=ALL-UNNAMED");
    command.addAll(List.of("-Duser.language=en", "-Duser.country=US")); // for its numbers
    if (isa.equals("avx2") || isa.equals("avxvnni")) {
      command.add("-XX:UseAVX=2"); // for its kernels in Java
    }
    command.addAll(List.of("-cp", classPath, MAIN, "-m", model.toString()));
    command.addAll(List.of("-p", Integer.toString(test.prompt())));
    command.addAll(List.of("-n", Integer.toString(test.generated())));
    command.addAll(List.of("-r", Integer.toString(repetitions)));
    command.addAll(List.of("-t", Integer.toString(session.threads())));
    if (!warmUp) {
      command.add("--no-warmup");
    }
    return command;
  }
}
