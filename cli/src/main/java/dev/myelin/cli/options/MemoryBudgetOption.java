package dev.myelin.cli.options;

import dev.myelin.cli.command.Subcommand;
import dev.myelin.cli.command.Usage;
import dev.myelin.generate.SessionOptions;
import dev.myelin.gguf.Checkpoint;
import dev.myelin.plan.MemoryBudget;
import dev.myelin.plan.Quantities;
import dev.myelin.state.CacheType;
import java.util.List;

/** The option {@code --memory-budget}. */
public final class MemoryBudgetOption {
  /** The types to choose from if the command line names none. */
  public static final List<CacheType> TYPES = List.of(CacheType.F16, CacheType.Q8_0);

  private final Subcommand command;
  private final Subcommand.Value<String> size;

  public MemoryBudgetOption(Subcommand command) {
    this.command = command;
    size =
        command.option(
            String.class,
            null,
            "SIZE",
            "Choose context length and cache type so that the process needs at most SIZE, such as"
                + " 512M or 2G; refuse a model that does not fit. --verbose prints the choice.",
            "--memory-budget");
  }

  boolean isSet() {
    return size.isSet();
  }

  /** Rejects the option, which counts one sequence, with another one for many. */
  public void requireNotSet(String option) {
    if (isSet()) {
      throw Usage.error(
          command.spec,
          "--memory-budget: expected without "
              + option
              + ": -c and --cache-type set the memory of each sequence");
    }
  }

  /** The options that fit; without the option unchanged. */
  public SessionOptions apply(Checkpoint model, SessionOptions requested, List<CacheType> types) {
    if (!size.isSet()) {
      return requested;
    }
    long bytes =
        Usage.check(command.spec, () -> Quantities.parseMemory("memory-budget", size.get()));
    MemoryBudget choice = MemoryBudget.choose(model, requested, types, bytes);
    if (command.isVerbose()) {
      command.console.note("memory budget " + size.get() + ": " + choice.text());
    }
    return choice.options();
  }
}
