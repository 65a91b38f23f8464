package dev.myelin.cli.bench;

import dev.myelin.adapter.Adapter;
import dev.myelin.bench.Bench;
import dev.myelin.bench.BenchPeer;
import dev.myelin.bench.BenchPlan;
import dev.myelin.bench.BenchSpec;
import dev.myelin.diagnostics.Log;
import dev.myelin.error.MyelinException;
import dev.myelin.generate.SessionOptions;
import dev.myelin.gguf.Checkpoint;
import dev.myelin.natives.Isa;
import dev.myelin.state.CacheType;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Runs one test once, and prints a line at each step: its name, and the resident memory in bytes
 * ({@link #DONE}: the peak), 0 where unknown.
 */
final class ColdRunMain {
  static final String LOADING = "loading";
  static final String FIRST_TOKEN = "first-token";
  static final String DONE = "done";
  private static final String OWN = "myelin";
  private static final int FIXED_ARGUMENTS = 11;

  private ColdRunMain() {}

  static boolean isOwn(String engine) {
    return engine.equals(OWN);
  }

  static List<String> arguments(
      String isa,
      String engine,
      Path file,
      List<Adapter> adapters,
      SessionOptions session,
      BenchSpec test) {
    List<String> arguments = new ArrayList<>();
    arguments.addAll(List.of(engine, file.toString()));
    arguments.addAll(
        numbers(
            test.prompt(),
            test.generated(),
            test.depth(),
            session.contextLength(),
            session.batch(),
            session.threads()));
    arguments.addAll(
        List.of(
            Boolean.toString(session.forceThreads()),
            session.cacheType().name(),
            isa == null ? "" : isa));
    for (Adapter adapter : adapters) {
      arguments.addAll(List.of(adapter.file().toString(), Float.toString(adapter.scale())));
    }
    return arguments;
  }

  private static List<String> numbers(int... values) {
    return Arrays.stream(values).mapToObj(Integer::toString).toList();
  }

  static void main(String[] args) {
    Log.offByDefault();
    try {
      run(args);
    } catch (MyelinException e) {
      System.err.println(e.getMessage());
      System.exit(1);
    }
  }

  private static void run(String... args) {
    int[] number = new int[8];
    for (int i = 2; i < number.length; i++) {
      number[i] = Integer.parseInt(args[i]);
    }
    if (!args[10].isEmpty()) {
      Isa.request(args[10]);
    }
    BenchSpec test = new BenchSpec(number[2], number[3], number[4]);
    SessionOptions session =
        new SessionOptions(
            number[5],
            number[6],
            number[7],
            Boolean.parseBoolean(args[8]),
            CacheType.valueOf(args[9]));
    List<Adapter> adapters = new ArrayList<>();
    for (int i = FIXED_ARGUMENTS; i < args.length; i += 2) {
      adapters.add(new Adapter(Path.of(args[i]), Float.parseFloat(args[i + 1])));
    }
    List<BenchPeer> peers =
        isOwn(args[0]) ? List.of() : List.of(Peers.of(args[0], Duration.ZERO, null));
    Bench.runOnce(
        new BenchPlan(
            Checkpoint.of(Path.of(args[1])),
            adapters,
            List.of(test),
            session,
            1,
            peers,
            null,
            false),
        args[0],
        () -> print(LOADING, ProcessMemory.bytes("self")),
        () -> print(FIRST_TOKEN, ProcessMemory.bytes("self")));
    print(DONE, ProcessMemory.peakBytes("self"));
  }

  private static void print(String event, Long bytes) {
    System.out.println(event + " " + (bytes == null ? 0 : bytes));
    System.out.flush();
  }
}
