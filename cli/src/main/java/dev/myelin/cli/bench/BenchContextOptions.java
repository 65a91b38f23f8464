package dev.myelin.cli.bench;

import dev.myelin.cli.command.Subcommand;
import dev.myelin.cli.command.Usage;
import dev.myelin.cli.options.MemoryBudgetOption;
import dev.myelin.cli.options.ThreadOptions;
import dev.myelin.generate.SessionOptions;
import dev.myelin.gguf.Checkpoint;
import dev.myelin.state.CacheType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** Lists of threads, batch sizes and cache types; every combination is measured. */
final class BenchContextOptions {
  private final Subcommand command;
  private final Subcommand.Value<List<Integer>> threads;
  private final Subcommand.Value<Boolean> force;
  private final Subcommand.Value<Integer> context;
  private final Subcommand.Value<List<Integer>> batches;
  private final Subcommand.Value<List<String>> cacheTypes;
  private final MemoryBudgetOption budget;

  BenchContextOptions(Subcommand command) {
    this.command = command;
    threads =
        command.list(
            Integer.class,
            List.of(0),
            ",",
            "N",
            "Number of threads; 0 is one per physical core.",
            "-t",
            "--threads");
    force = ThreadOptions.force(command);
    context =
        command.option(
            int.class,
            0,
            "N",
            "Context length in tokens; 0 is the length of the longest test.",
            "-c",
            "--ctx-size");
    batches =
        command.list(
            Integer.class,
            List.of(SessionOptions.DEFAULT_BATCH),
            ",",
            "N",
            "Maximum number of prompt tokens per batch (default: "
                + SessionOptions.DEFAULT_BATCH
                + ").",
            "-b",
            "--batch");
    cacheTypes =
        command.choices(
            types(),
            List.of("f16"),
            ",",
            "TYPE",
            "Type of the KV cache: ${COMPLETION-CANDIDATES} (default: f16).",
            "--cache-type");
    budget = new MemoryBudgetOption(command);
  }

  /** The options of a test: with a memory budget, the cache type that fits into it. */
  SessionOptions withinBudget(Checkpoint model, SessionOptions options) {
    return budget.apply(
        model,
        options,
        cacheTypes.isGiven() ? List.of(options.cacheType()) : MemoryBudgetOption.TYPES);
  }

  /** Rejects {@code --memory-budget} with another option. */
  void requireNoBudget(String option) {
    budget.requireNotSet(option);
  }

  private static List<String> types() {
    return Arrays.stream(CacheType.values()).map(t -> t.name().toLowerCase(Locale.ROOT)).toList();
  }

  /** All combinations, ordered by cache type, batch and threads. */
  List<SessionOptions> options() {
    Set<Integer> counts = threadCounts();
    List<SessionOptions> combinations = new ArrayList<>();
    for (String type : new LinkedHashSet<>(cacheTypes.get())) {
      for (int batch : new LinkedHashSet<>(batches.get())) {
        for (int count : counts) {
          combinations.add(
              Usage.check(
                  command.spec,
                  () ->
                      new SessionOptions(
                          context.get(), batch, count, force.get(), CacheType.of(type))));
        }
      }
    }
    return combinations;
  }

  /** The listed numbers of threads, limited to the cores, without duplicates. */
  private Set<Integer> threadCounts() {
    Set<Integer> counts = new LinkedHashSet<>();
    for (int requested : threads.get()) {
      int count = ThreadOptions.limitToCores(command, requested, force.get());
      if (count != requested) {
        command.console.note(ThreadOptions.limitNote(requested, count));
      }
      counts.add(count);
    }
    return counts;
  }
}
