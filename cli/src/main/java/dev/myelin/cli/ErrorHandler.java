package dev.myelin.cli;

import dev.myelin.bindings.NativeLoadException;
import dev.myelin.cli.command.ClosestMatch;
import dev.myelin.cli.command.Subcommand;
import dev.myelin.cli.command.TypedName;
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

/** Turns any failure into one line on standard error and an exit status. */
final class ErrorHandler implements IParameterExceptionHandler, IExecutionExceptionHandler {
  /** Ctrl-C before there was a result; with a partial result the status is 0. */
  private static final int INTERRUPTED = 130;

  private final Console console;

  ErrorHandler(Console console) {
    this.console = console;
  }

  /** Wrong usage: status 2. */
  @Override
  public int handleParseException(ParameterException e, String[] args) {
    CommandLine line = e.getCommandLine();
    String name = line.getCommandSpec().qualifiedName();
    print(name + ": " + withTypedName(describe(e), line, args) + " (see `" + name + " --help`)");
    if (Arrays.asList(args).contains(Subcommand.VERBOSE)) {
      e.printStackTrace(console.err());
    }
    return ExitCode.USAGE;
  }

  /** Replaces the option's longest name, which picocli uses, by the name that was typed. */
  private static String withTypedName(String problem, CommandLine line, String... args) {
    Matcher matcher = Pattern.compile("(?<=option ')(-[^' ]+)(?=')").matcher(problem);
    OptionSpec option = matcher.find() ? line.getCommandSpec().findOption(matcher.group(1)) : null;
    return option == null
        ? problem
        : problem.substring(0, matcher.start(1))
            + TypedName.of(option, List.of(args))
            + problem.substring(matcher.end(1));
  }

  private static String describe(ParameterException e) {
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
    String hint =
        ClosestMatch.find(first, known).map(match -> ": did you mean " + match + "?").orElse("");
    return "unknown " + kind + " '" + first + "'" + hint;
  }

  /** Failed work: status 1. */
  @Override
  public int handleExecutionException(Exception e, CommandLine line, ParseResult parsed) {
    return e instanceof ParameterException p
        ? handleParseException(p, parsed.originalArgs().toArray(String[]::new))
        : handle(e, line);
  }

  /** Handles any failure, including errors that picocli does not catch. */
  int handle(Throwable e, CommandLine line) {
    if (e instanceof OutputException output && output.isBrokenPipe()) {
      return ExitCode.OK;
    }
    print("myelin: " + message(e));
    if (e instanceof CancelledException) {
      return INTERRUPTED;
    }
    ParseResult parsed = line.getParseResult();
    if (parsed != null && parsed.originalArgs().contains(Subcommand.VERBOSE)) {
      e.printStackTrace(console.err());
    }
    return ExitCode.SOFTWARE;
  }

  private void print(String line) {
    console.note(Printable.of(line));
  }

  static String message(Throwable e) {
    return switch (e) {
      case MyelinException known -> known.getMessage();
      case NativeLoadException peer -> peer.getMessage(); // of the engine to compare with
      case OutputException known -> known.getMessage();
      case OutOfMemoryError memory when String.valueOf(memory.getMessage()).contains("thread") ->
          "cannot start a thread: the limit of the user (ulimit -u), the container or the address"
              + " space is reached";
      case OutOfMemoryError memory ->
          "out of memory: " + memory.getMessage() + " (MYELIN_JAVA_OPTS=-Xmx4g raises the limit)";
      default -> "unexpected " + e + " (please report it with the output of --verbose)";
    };
  }

  private static String lowerFirst(String text) {
    boolean label = text.length() > 1 && Character.isUpperCase(text.charAt(1)); // OUT, TEXT
    return text.isEmpty() || label
        ? text
        : Character.toLowerCase(text.charAt(0)) + text.substring(1);
  }
}
