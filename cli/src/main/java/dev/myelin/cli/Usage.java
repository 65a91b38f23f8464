package dev.myelin.cli;

import dev.myelin.error.InvalidRequestException;
import java.util.function.Supplier;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;

/** Tells wrong usage from failed work: what options alone show to be wrong has status 2. */
final class Usage {
  private Usage() {}

  /** Makes something out of options; what the engine refuses is then wrong usage. */
  static <T> T check(CommandSpec spec, Supplier<T> options) {
    try {
      return options.get();
    } catch (InvalidRequestException e) {
      throw wrong(spec, e.getMessage());
    }
  }

  static ParameterException wrong(CommandSpec spec, String problem) {
    return new ParameterException(spec.commandLine(), problem);
  }
}
