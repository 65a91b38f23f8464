package dev.myelin.cli.options;

import dev.myelin.cli.command.Subcommand;
import dev.myelin.cli.command.Usage;
import dev.myelin.generate.Session;
import dev.myelin.generate.SessionOptions;
import dev.myelin.gguf.Checkpoint;
import dev.myelin.graph.Threads;
import dev.myelin.plan.Quantities;
import dev.myelin.runtime.RuntimeOptions;
import dev.myelin.state.CacheType;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** Threads, context length, batch size and KV cache type. */
public final class ContextOptions {
  private static final List<String> CACHE_TYPES =
      Arrays.stream(CacheType.values()).map(t -> t.name().toLowerCase(Locale.ROOT)).toList();

  private final Subcommand command;
  private final ThreadOptions threads;
  private final Subcommand.Value<Integer> context;
  private final Subcommand.Value<Integer> batch;
  private final Subcommand.Value<String> cacheType;
  private final Subcommand.Value<String> keyType;
  private final Subcommand.Value<String> valueType;
  private MemoryBudgetOption budget;
  private Subcommand.Value<String> snapshots;

  public ContextOptions(Subcommand command) {
    this(command, "Context length in tokens; 0 uses the model's, but at most 4096.");
  }

  /**
   * @param contextDescription of {@code -c} in the help
   */
  public ContextOptions(Subcommand command, String contextDescription) {
    this.command = command;
    threads = new ThreadOptions(command);
    context = command.option(int.class, 0, "N", contextDescription, "-c", "--ctx-size");
    batch =
        command.option(
            int.class,
            SessionOptions.DEFAULT_BATCH,
            "N",
            "Maximum number of prompt tokens per batch (default: ${DEFAULT-VALUE}).",
            "-b",
            "--batch");
    cacheType =
        command.choice(
            CACHE_TYPES,
            "f16",
            "TYPE",
            "Type of the KV cache: ${COMPLETION-CANDIDATES} (default: f16).",
            "--cache-type");
    keyType = ofPart("keys", "--cache-type-k");
    valueType = ofPart("values", "--cache-type-v");
  }

  private Subcommand.Value<String> ofPart(String part, String name) {
    return command.choice(
        CACHE_TYPES, null, "TYPE", "The same for " + part + " only (default: --cache-type).", name);
  }

  private CacheType typeOf(Subcommand.Value<String> part) {
    return CacheType.of(part.get() == null ? cacheType.get() : part.get());
  }

  /** The same with {@code --state-snapshots} and {@code --memory-budget}. */
  public static ContextOptions withMemoryBudget(Subcommand command) {
    ContextOptions options = new ContextOptions(command);
    options.snapshots =
        command.option(
            String.class,
            null,
            "SIZE",
            "Memory for recurrent states of earlier positions, such as 500M or 4G, so that fewer"
                + " tokens are computed again when the text goes back; 0 keeps none (default: 1G).",
            "--state-snapshots");
    options.budget = new MemoryBudgetOption(command);
    return options;
  }

  /** The options for a model: with a memory budget, those that fit into it. */
  public SessionOptions options(Checkpoint model) {
    SessionOptions requested = options();
    if (budget != null && budget.isSet() && (keyType.isSet() || valueType.isSet())) {
      throw Usage.error(
          command.spec,
          "--memory-budget: chooses one type for keys and values: give --cache-type instead of"
              + " --cache-type-k and --cache-type-v");
    }
    return budget == null
        ? requested
        : budget.apply(
            model,
            requested,
            cacheType.isGiven() ? List.of(requested.cacheType()) : MemoryBudgetOption.TYPES);
  }

  /** Rejects {@code --memory-budget}, which counts one sequence, with another option. */
  public void requireNoBudget(String option) {
    budget.requireNotSet(option);
  }

  public SessionOptions options() {
    return Usage.check(
        command.spec,
        () ->
            new SessionOptions(
                context.get(),
                batch.get(),
                threads.count(),
                threads.isForced(),
                typeOf(keyType),
                typeOf(valueType),
                snapshotBytes()));
  }

  private long snapshotBytes() {
    if (snapshots == null || !snapshots.isSet()) {
      return RuntimeOptions.DEFAULT_SNAPSHOT_BYTES;
    }
    String size = snapshots.get();
    return size.equals("0") ? 0 : Quantities.parseMemory("state-snapshots", size);
  }

  /** Returns the session, and prints a note if it has fewer threads than requested. */
  public Session noteThreads(Session session) {
    noteThreads(session.options().threads());
    return session;
  }

  /** The same for a number of threads in use. */
  public void noteThreads(int started) {
    int requested = Threads.effective(threads.count(), threads.isForced());
    if (started < requested) {
      command.console.note(
          "threads: the system started only %s of %s: using %s"
              .formatted(started, requested, started));
    }
  }
}
