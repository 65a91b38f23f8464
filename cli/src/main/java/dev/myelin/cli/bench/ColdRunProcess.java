package dev.myelin.cli.bench;

import dev.myelin.adapter.Adapter;
import dev.myelin.bench.BenchSpec;
import dev.myelin.bench.ColdRun;
import dev.myelin.generate.SessionOptions;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Starts {@link ColdRunMain} in a new JVM with the options of this one. */
final class ColdRunProcess implements ColdRun.Starter {
  private final Duration limit;
  private final String isa;

  /**
   * @param isa requested instruction set, null for none
   */
  ColdRunProcess(Duration limit, String isa) {
    this.limit = limit;
    this.isa = isa;
  }

  /**
   * Myelin's time counts from the start of its process. That of another engine in the JVM counts
   * from when it is loaded, and without the memory that the JVM had then.
   */
  @Override
  public ColdRun run(
      String engine, Path file, List<Adapter> adapters, SessionOptions session, BenchSpec test) {
    List<String> command = jvm();
    command.addAll(ColdRunMain.arguments(isa, engine, file, adapters, session, test));
    try (PeerProcess process =
        PeerProcess.start(command, Map.of(), PeerProcess.Output.STANDARD, limit)) {
      long before = expect(process, ColdRunMain.LOADING);
      long loading = System.nanoTime();
      expect(process, ColdRunMain.FIRST_TOKEN);
      long firstToken = System.nanoTime();
      long peak = expect(process, ColdRunMain.DONE);
      process.awaitSuccess();
      boolean own = ColdRunMain.isOwn(engine);
      return new ColdRun(
          test.prompt() > 0 ? firstToken - (own ? process.started() : loading) : null,
          peak == 0 ? null : (Long) (peak - (own ? 0 : before)));
    }
  }

  /** The value of the next line, which is {@code EVENT BYTES}. */
  private static long expect(PeerProcess process, String event) {
    String line = process.readLine();
    if (line == null || !line.matches(event + " \\d{1,18}")) {
      process.awaitSuccess();
      throw process.failure("unexpected output");
    }
    return Long.parseLong(line.substring(event.length() + 1));
  }

  private static List<String> jvm() {
    List<String> command = new ArrayList<>();
    command.add(PeerProcess.java());
    for (String option : ManagementFactory.getRuntimeMXBean().getInputArguments()) {
      if (!option.startsWith("-agent") && !option.startsWith("-javaagent")) {
        command.add(option);
      }
    }
    command.addAll(List.of("-cp", System.getProperty("java.class.path")));
    command.add(ColdRunMain.class.getName());
    return command;
  }
}
