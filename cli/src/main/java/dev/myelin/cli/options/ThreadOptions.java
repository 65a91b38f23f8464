package dev.myelin.cli.options;

import dev.myelin.cli.command.Subcommand;
import dev.myelin.cli.command.Usage;
import dev.myelin.graph.Threads;

/** How many threads compute: no more than there are cores, unless that is forced. */
public final class ThreadOptions {
  private final Subcommand command;
  private final Subcommand.Value<Integer> asked;
  private final Subcommand.Value<Boolean> force;
  private boolean noted;

  public ThreadOptions(Subcommand command) {
    this(command, "Threads that compute; 0 means one a physical core.");
  }

  /**
   * @param meaning what {@code -t} says in the help
   */
  public ThreadOptions(Subcommand command, String meaning) {
    this.command = command;
    asked = command.option(int.class, 0, "N", meaning, "-t", "--threads");
    force = force(command);
  }

  /** The option alone, of a command with a {@code -t} of its own. */
  public static Subcommand.Value<Boolean> force(Subcommand command) {
    return command.flag(
        "Start all threads of -t, even if there are fewer cores.", "--force-threads");
  }

  /** The option, for notes about it. */
  public Subcommand.Value<Integer> option() {
    return asked;
  }

  public boolean forced() {
    return force.get();
  }

  /** How many, 0 for one a physical core; one note where it is less than asked for. */
  public int count() {
    int granted = granted(command, asked.get(), forced());
    if (granted != asked.get() && !noted) {
      noted = true;
      command.console.note(remark(asked.get(), granted));
    }
    return granted;
  }

  /** How many of those asked for are started; wrong usage where they are out of range. */
  public static int granted(Subcommand command, int asked, boolean forced) {
    return Usage.check(
        command.spec,
        () -> {
          Threads.check(asked, 0);
          return forced ? asked : Math.min(asked, Threads.cores());
        });
  }

  public static String remark(int asked, int granted) {
    return "threads: %s asked for, this process may use %s %s: computing with %s (--force-threads starts all)"
        .formatted(asked, Threads.cores(), Threads.cores() == 1 ? "core" : "cores", granted);
  }
}
