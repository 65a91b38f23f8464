package dev.myelin.cli.bench;

import dev.myelin.cache.CacheType;
import dev.myelin.cli.command.Subcommand;
import dev.myelin.cli.command.Usage;
import dev.myelin.cli.options.ThreadOptions;
import dev.myelin.generate.SessionOptions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** How benchmarks compute: every combination of what is listed. */
final class BenchContextOptions {
  private final Subcommand command;
  private final Subcommand.Value<List<Integer>> threads;
  private final Subcommand.Value<Boolean> force;
  private final Subcommand.Value<Integer> context;
  private final Subcommand.Value<List<Integer>> batches;
  private final Subcommand.Value<List<String>> cacheTypes;

  BenchContextOptions(Subcommand command) {
    this.command = command;
    threads =
        command.list(
            Integer.class,
            List.of(0),
            ",",
            "N",
            "Threads that compute; 0 means one a physical core.",
            "-t",
            "--threads");
    force = ThreadOptions.force(command);
    context =
        command.option(
            int.class,
            0,
            "N",
            "Most tokens in the context; 0 means as many as the longest test needs.",
            "-c",
            "--ctx-size");
    batches =
        command.list(
            Integer.class,
            List.of(SessionOptions.DEFAULT_BATCH),
            ",",
            "N",
            "Most prompt tokens computed together (default: " + SessionOptions.DEFAULT_BATCH + ").",
            "-b",
            "--batch");
    cacheTypes =
        command.choices(
            types(),
            List.of("f16"),
            ",",
            "TYPE",
            "What keys and values are kept in: ${COMPLETION-CANDIDATES} (default: f16).",
            "--cache-type");
  }

  private static List<String> types() {
    return Arrays.stream(CacheType.values()).map(t -> t.name().toLowerCase(Locale.ROOT)).toList();
  }

  /** The combinations, the threads of each cache type and batch one after the other. */
  List<SessionOptions> options() {
    Set<Integer> granted = granted();
    List<SessionOptions> all = new ArrayList<>();
    for (String type : new LinkedHashSet<>(cacheTypes.get())) {
      for (int batch : new LinkedHashSet<>(batches.get())) {
        for (int count : granted) {
          all.add(
              Usage.check(
                  command.spec,
                  () ->
                      new SessionOptions(
                          context.get(), batch, count, force.get(), CacheType.of(type))));
        }
      }
    }
    return all;
  }

  /** The threads listed, no more than there are cores, each number once. */
  private Set<Integer> granted() {
    Set<Integer> granted = new LinkedHashSet<>();
    for (int asked : threads.get()) {
      int count = ThreadOptions.granted(command, asked, force.get());
      if (count != asked) {
        command.console.note(ThreadOptions.remark(asked, count));
      }
      granted.add(count);
    }
    return granted;
  }
}
