package dev.myelin.cli;

import dev.myelin.bindings.NativeLoadException;
import dev.myelin.cli.command.Nearest;
import dev.myelin.cli.command.Subcommand;
import dev.myelin.cli.command.Typed;
import dev.myelin.cli.io.Console;
import dev.myelin.cli.io.Console.OutputException;
import dev.myelin.error.CancelledException;
import dev.myelin.error.MyelinException;
import dev.myelin.error.Printable;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.IExecutionExceptionHandler;
import picocli.CommandLine.IParameterExceptionHandler;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.UnmatchedArgumentException;

/** Whatever goes wrong becomes one line on standard error and an exit status. */
final class Failures implements IParameterExceptionHandler, IExecutionExceptionHandler {
  /** Ctrl-C came before there was a result; what there is of one is status 0. */
  private static final int INTERRUPTED = 130;

  private final Console console;

  Failures(Console console) {
    this.console = console;
  }

  /** Wrong usage: status 2. */
  @Override
  public int handleParseException(ParameterException e, String[] args) {
    CommandLine line = e.getCommandLine();
    String name = line.getCommandSpec().qualifiedName();
    tell(name + ": " + typed(problem(e), line, args) + " (`" + name + " --help` says more)");
    if (Arrays.asList(args).contains(Subcommand.VERBOSE)) {
      e.printStackTrace(console.err());
    }
    return ExitCode.USAGE;
  }

  /** With the option's name as it was typed, where picocli names the longest one that it has. */
  private static String typed(String problem, CommandLine line, String... args) {
    Matcher named = Pattern.compile("(?<=option ')(-[^' ]+)(?=')").matcher(problem);
    OptionSpec option = named.find() ? line.getCommandSpec().findOption(named.group(1)) : null;
    return option == null
        ? problem
        : problem.substring(0, named.start(1))
            + Typed.name(option, List.of(args))
            + problem.substring(named.end(1));
  }

  private static String problem(ParameterException e) {
    if (!(e instanceof UnmatchedArgumentException unmatched)) {
      return lowerFirst(e.getMessage().replaceFirst("^Error: ", ""));
    }
    String first = unmatched.getUnmatched().getFirst();
    String kind = "argument";
    if (unmatched.isUnknownOption()) {
      kind = "option";
    } else if (!e.getCommandLine().getSubcommands().isEmpty()) {
      kind = "command";
    }
    Set<String> known =
        kind.equals("command")
            ? e.getCommandLine().getSubcommands().keySet()
            : e.getCommandLine().getCommandSpec().optionsMap().keySet();
    String hint = Nearest.to(first, known).map(near -> ": did you mean " + near + "?").orElse("");
    return "unknown " + kind + " '" + first + "'" + hint;
  }

  /** Failed work: status 1. */
  @Override
  public int handleExecutionException(Exception e, CommandLine line, ParseResult parsed) {
    return e instanceof ParameterException p
        ? handleParseException(p, parsed.originalArgs().toArray(String[]::new))
        : handle(e, line);
  }

  /** Any failure, also those that picocli lets pass. */
  int handle(Throwable e, CommandLine line) {
    if (e instanceof OutputException output && output.closedByReader()) {
      return ExitCode.OK;
    }
    tell("myelin: " + message(e));
    if (e instanceof CancelledException) {
      return INTERRUPTED;
    }
    ParseResult parsed = line.getParseResult();
    if (parsed != null && parsed.originalArgs().contains(Subcommand.VERBOSE)) {
      e.printStackTrace(console.err());
    }
    return ExitCode.SOFTWARE;
  }

  private void tell(String line) {
    console.note(Printable.of(line));
  }

  static String message(Throwable e) {
    return switch (e) {
      case MyelinException known -> known.getMessage();
      case NativeLoadException peer -> peer.getMessage(); // of the engine to compare with
      case OutputException known -> known.getMessage();
      case OutOfMemoryError memory when String.valueOf(memory.getMessage()).contains("thread") ->
          "cannot start a thread: a limit of the user (ulimit -u), the container or the address"
              + " space allows no more";
      case OutOfMemoryError memory ->
          "out of memory: " + memory.getMessage() + " (MYELIN_JAVA_OPTS=-Xmx4g allows more)";
      default -> "unexpected " + e + " (--verbose shows where; please report it)";
    };
  }

  private static String lowerFirst(String text) {
    boolean name = text.length() > 1 && Character.isUpperCase(text.charAt(1)); // OUT, TEXT
    return text.isEmpty() || name
        ? text
        : Character.toLowerCase(text.charAt(0)) + text.substring(1);
  }
}
