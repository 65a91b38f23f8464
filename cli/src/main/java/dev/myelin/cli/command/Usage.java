package dev.myelin.cli.command;

import dev.myelin.error.InvalidRequestException;
import java.nio.file.Path;
import java.util.function.Supplier;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.TypeConversionException;

/** Tells wrong usage from failed work: what options alone show to be wrong has status 2. */
public final class Usage {
  private Usage() {}

  /** Makes something out of options; what the engine refuses is then wrong usage. */
  public static <T> T check(CommandSpec spec, Supplier<T> options) {
    try {
      return options.get();
    } catch (InvalidRequestException e) {
      throw wrong(spec, e.getMessage());
    }
  }

  /** A file among parameters that picocli takes for texts. */
  public static Path path(CommandSpec spec, String name) {
    try {
      return Converters.path(name);
    } catch (TypeConversionException e) {
      throw wrong(spec, e.getMessage());
    }
  }

  /** Refuses an option of a resumed run that differs from what the run began with. */
  public static <T> void requireSame(Subcommand command, Subcommand.Value<T> given, T earlier) {
    if (given.isSet() && !given.get().equals(earlier)) {
      throw wrong(
          command.spec,
          name(given) + " " + given.get() + ": the run to resume began with " + earlier);
    }
  }

  /** The longest name of an option. */
  public static String name(Subcommand.Value<?> option) {
    return ((OptionSpec) option.spec()).longestName();
  }

  public static ParameterException wrong(CommandSpec spec, String problem) {
    return new ParameterException(spec.commandLine(), problem);
  }
}
