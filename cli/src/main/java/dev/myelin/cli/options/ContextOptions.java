package dev.myelin.cli.options;

import dev.myelin.cache.CacheType;
import dev.myelin.cli.command.Subcommand;
import dev.myelin.cli.command.Usage;
import dev.myelin.generate.Session;
import dev.myelin.generate.SessionOptions;
import dev.myelin.graph.Threads;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** How it computes. */
public final class ContextOptions {
  private static final List<String> CACHE_TYPES =
      Arrays.stream(CacheType.values()).map(t -> t.name().toLowerCase(Locale.ROOT)).toList();

  private final Subcommand command;
  private final ThreadOptions threads;
  private final Subcommand.Value<Integer> context;
  private final Subcommand.Value<Integer> batch;
  private final Subcommand.Value<String> cacheType;

  public ContextOptions(Subcommand command) {
    this(command, "Most tokens in the context; 0 means the model's own, at most 4096.");
  }

  /**
   * @param contextMeaning what {@code -c} says in the help
   */
  public ContextOptions(Subcommand command, String contextMeaning) {
    this.command = command;
    threads = new ThreadOptions(command);
    context = command.option(int.class, 0, "N", contextMeaning, "-c", "--ctx-size");
    batch =
        command.option(
            int.class,
            SessionOptions.DEFAULT_BATCH,
            "N",
            "Most prompt tokens computed together (default: ${DEFAULT-VALUE}).",
            "-b",
            "--batch");
    cacheType =
        command.choice(
            CACHE_TYPES,
            "f16",
            "TYPE",
            "What keys and values are kept in: ${COMPLETION-CANDIDATES} (default: f16).",
            "--cache-type");
  }

  public SessionOptions options() {
    return Usage.check(
        command.spec,
        () ->
            new SessionOptions(
                context.get(),
                batch.get(),
                threads.count(),
                threads.forced(),
                CacheType.of(cacheType.get())));
  }

  /** The session itself, with a note where fewer threads than asked for could be started. */
  public Session opened(Session session) {
    int wanted = Threads.effective(threads.count(), threads.forced());
    int started = session.options().threads();
    if (started < wanted) {
      command.console.note(
          "threads: the system let %s of %s be started: computing with %s"
              .formatted(started, wanted, started));
    }
    return session;
  }
}
