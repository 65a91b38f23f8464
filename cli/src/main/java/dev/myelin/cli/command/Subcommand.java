package dev.myelin.cli.command;

import dev.myelin.cli.io.Console;
import java.util.List;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;
import picocli.CommandLine.ParseResult;

/**
 * A command and its options, in the order of the help. Options are declared by calls instead of
 * picocli's annotations, which it reads by reflection at every start; that takes longer than
 * loading a model.
 */
public abstract class Subcommand implements Runnable {
  /** Looked up in the arguments directly, as they may fail to parse. */
  public static final String VERBOSE = "--verbose";

  private static final int WIDTH = 100;
  private static final int OPTION_WIDTH = 30;

  public final Console console;
  public final CommandSpec spec;

  /**
   * @param description one line
   * @param footer lines below the options: further notes, and examples
   */
  @SuppressWarnings("this-escape") // picocli keeps it, and calls run() later
  protected Subcommand(Console console, String name, String description, String... footer) {
    this.console = console;
    spec = CommandSpec.wrapWithoutInspection(this).name(name);
    spec.usageMessage()
        .description(description)
        .footer(withNewline(footer))
        .sortOptions(false)
        .width(WIDTH)
        .longOptionsMaxWidth(OPTION_WIDTH);
  }

  /** Whether --verbose is on the command line. */
  public boolean isVerbose() {
    return spec.commandLine().getParseResult().hasMatchedOption(VERBOSE);
  }

  /** Adds the final newline that picocli omits. */
  private static String[] withNewline(String... footer) {
    String[] lines = footer.clone();
    if (lines.length > 0) {
      lines[lines.length - 1] += "%n";
    }
    return lines;
  }

  /** The value of an option or parameter, or its default. */
  public record Value<T>(ArgSpec spec) {
    public T get() {
      return spec.getValue();
    }

    public boolean isSet() {
      return get() != null;
    }

    /** The last value as it was typed: a {@link java.nio.file.Path} turns // into /. */
    public String text() {
      return spec.originalStringValues().getLast();
    }

    /** The same for each value. */
    public List<String> texts() {
      return spec.originalStringValues();
    }

    /** Whether it is on the command line, even with its default value. */
    public boolean isGiven() {
      return spec instanceof OptionSpec option && parsed().hasMatchedOption(option);
    }

    /** The name that was typed on the command line. */
    public String typedName() {
      return spec instanceof OptionSpec option
          ? TypedName.of(option, parsed().originalArgs())
          : spec.paramLabel();
    }

    private ParseResult parsed() {
      return spec.command().commandLine().getParseResult();
    }
  }

  /** Adds the options that every command has, at the end. */
  public final CommandSpec withHelp() {
    spec.addOption(
        OptionSpec.builder("-h", "--help").usageHelp(true).description("Print this help.").build());
    flag("Print the stack trace of an error.", VERBOSE);
    return spec;
  }

  /** An option without a value. */
  public final Value<Boolean> flag(String description, String... names) {
    return add(builder(boolean.class, description, names).initialValue(false));
  }

  /**
   * An option with a value.
   *
   * @param defaultValue the value if it is not given, null for none
   * @param label the value's name in the help
   */
  public final <T> Value<T> option(
      Class<T> type, T defaultValue, String label, String description, String... names) {
    return add(builder(type, description, names).initialValue(defaultValue).paramLabel(label));
  }

  /** An option with one of several values, which shells complete. */
  public final Value<String> choice(
      Iterable<String> candidates,
      String defaultValue,
      String label,
      String description,
      String... names) {
    return add(
        builder(String.class, description, names)
            .initialValue(defaultValue)
            .paramLabel(label)
            .completionCandidates(candidates));
  }

  /**
   * An option that may be repeated.
   *
   * @param separator between the values of one argument, null for none
   */
  public final <T> Value<List<T>> list(
      Class<T> type,
      List<T> defaultValue,
      String separator,
      String label,
      String description,
      String... names) {
    OptionSpec.Builder builder =
        builder(List.class, description, names)
            .auxiliaryTypes(type)
            .initialValue(defaultValue)
            .paramLabel(label);
    return add(separator == null ? builder : builder.splitRegex(separator));
  }

  /** An option that may be repeated, with values that shells complete. */
  public final Value<List<String>> choices(
      List<String> candidates,
      List<String> defaultValue,
      String separator,
      String label,
      String description,
      String... names) {
    return add(
        builder(List.class, description, names)
            .auxiliaryTypes(String.class)
            .initialValue(defaultValue)
            .paramLabel(label)
            .splitRegex(separator)
            .completionCandidates(candidates));
  }

  /** A positional parameter. */
  public final <T> Value<T> parameter(
      Class<T> type, boolean required, String label, String description) {
    PositionalParamSpec parameter =
        PositionalParamSpec.builder()
            .type(type)
            .required(required)
            .arity(required ? "1" : "0..1")
            .paramLabel(label)
            .description(description)
            .build();
    spec.addPositional(parameter);
    return new Value<>(parameter);
  }

  /** Positional parameters, in order; the command checks their number. */
  public final Value<List<String>> parameters(String label, String description) {
    PositionalParamSpec parameters =
        PositionalParamSpec.builder()
            .type(List.class)
            .auxiliaryTypes(String.class)
            .initialValue(List.of())
            .arity("0..*")
            .paramLabel(label)
            .hideParamSyntax(true)
            .description(description)
            .build();
    spec.addPositional(parameters);
    return new Value<>(parameters);
  }

  private static OptionSpec.Builder builder(Class<?> type, String description, String... names) {
    return OptionSpec.builder(names).type(type).description(description);
  }

  private <T> Value<T> add(OptionSpec.Builder builder) {
    OptionSpec option = builder.build();
    spec.addOption(option);
    return new Value<>(option);
  }
}
