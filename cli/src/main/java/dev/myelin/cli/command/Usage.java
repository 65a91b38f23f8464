package dev.myelin.cli.command;

import dev.myelin.error.InvalidRequestException;
import java.nio.file.Path;
import java.util.function.Supplier;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.TypeConversionException;

/** Errors of wrong usage, with exit status 2: those that the options alone show. */
public final class Usage {
  private Usage() {}

  /** Builds something from options; what the engine rejects is wrong usage. */
  public static <T> T check(CommandSpec spec, Supplier<T> options) {
    try {
      return options.get();
    } catch (InvalidRequestException e) {
      throw error(spec, e.getMessage());
    }
  }

  /** The file named by a parameter that picocli parses as a string. */
  public static Path path(CommandSpec spec, String name) {
    try {
      return Converters.path(name);
    } catch (TypeConversionException e) {
      throw error(spec, e.getMessage());
    }
  }

  /** Rejects an option that differs from the one the resumed run was started with. */
  public static <T> void requireSame(Subcommand command, Subcommand.Value<T> given, T earlier) {
    if (given.isSet() && !given.get().equals(earlier)) {
      throw error(
          command.spec,
          optionName(given) + " " + given.get() + ": the run was started with " + earlier);
    }
  }

  /** The longest name of an option. */
  public static String optionName(Subcommand.Value<?> option) {
    return ((OptionSpec) option.spec()).longestName();
  }

  public static ParameterException error(CommandSpec spec, String problem) {
    return new ParameterException(spec.commandLine(), problem);
  }
}
