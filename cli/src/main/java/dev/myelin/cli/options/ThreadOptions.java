package dev.myelin.cli.options;

import dev.myelin.cli.command.Subcommand;
import dev.myelin.cli.command.Usage;
import dev.myelin.graph.Threads;

/** The number of threads: no more than there are cores, unless forced. */
public final class ThreadOptions {
  private final Subcommand command;
  private final Subcommand.Value<Integer> requested;
  private final Subcommand.Value<Boolean> force;
  private boolean noted;

  public ThreadOptions(Subcommand command) {
    this(command, "Number of threads; 0 is one per physical core.");
  }

  /**
   * @param description of {@code -t} in the help
   */
  public ThreadOptions(Subcommand command, String description) {
    this.command = command;
    requested = command.option(int.class, 0, "N", description, "-t", "--threads");
    force = force(command);
  }

  /** The option alone, for a command with its own {@code -t}. */
  public static Subcommand.Value<Boolean> force(Subcommand command) {
    return command.flag(
        "Start all threads of -t, even if there are fewer cores.", "--force-threads");
  }

  /** The option, for notes about it. */
  public Subcommand.Value<Integer> option() {
    return requested;
  }

  public boolean isForced() {
    return force.get();
  }

  /**
   * The number of threads, 0 for one per physical core. Notes once if it is less than requested.
   */
  public int count() {
    int count = limitToCores(command, requested.get(), isForced());
    if (count != requested.get() && !noted) {
      noted = true;
      command.console.note(limitNote(requested.get(), count));
    }
    return count;
  }

  /** The requested number, limited to the cores unless forced. Wrong usage if out of range. */
  public static int limitToCores(Subcommand command, int requested, boolean forced) {
    return Usage.check(
        command.spec,
        () -> {
          Threads.check(requested, 0);
          return forced ? requested : Math.min(requested, Threads.cores());
        });
  }

  public static String limitNote(int requested, int count) {
    return "threads: %s requested, this process may use %s %s: using %s (--force-threads starts all)"
        .formatted(requested, Threads.cores(), Threads.cores() == 1 ? "core" : "cores", count);
  }
}
