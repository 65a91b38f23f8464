package dev.myelin.cli.command;

import dev.myelin.cli.io.Console;
import java.util.List;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;
import picocli.CommandLine.ParseResult;

/**
 * A command and its options, in the order of the help. They are declared by calls rather than by
 * annotations: picocli reads those by reflection, through proxies made at every start, which takes
 * longer than loading a model.
 */
public abstract class Subcommand implements Runnable {
  /** Found in the arguments even where they do not parse. */
  public static final String VERBOSE = "--verbose";

  private static final int WIDTH = 100;
  private static final int OPTION_WIDTH = 30;

  public final Console console;
  public final CommandSpec spec;

  /**
   * @param description one line
   * @param footer lines below the options: what else there is to know, and examples
   */
  @SuppressWarnings("this-escape") // picocli keeps it, and calls run() later
  protected Subcommand(Console console, String name, String description, String... footer) {
    this.console = console;
    spec = CommandSpec.wrapWithoutInspection(this).name(name);
    spec.usageMessage()
        .description(description)
        .footer(ended(footer))
        .sortOptions(false)
        .width(WIDTH)
        .longOptionsMaxWidth(OPTION_WIDTH);
  }

  /** With the line end that picocli leaves out. */
  private static String[] ended(String... footer) {
    String[] lines = footer.clone();
    if (lines.length > 0) {
      lines[lines.length - 1] += "%n";
    }
    return lines;
  }

  /** What an option or parameter was given, or its default. */
  public record Value<T>(ArgSpec spec) {
    public T get() {
      return spec.getValue();
    }

    public boolean isSet() {
      return get() != null;
    }

    /** Whether it is on the command line, with its default value or another. */
    boolean isGiven() {
      return spec instanceof OptionSpec option && parsed().hasMatchedOption(option);
    }

    /** The name by which it is on the command line. */
    public String typed() {
      return spec instanceof OptionSpec option
          ? Typed.name(option, parsed().originalArgs())
          : spec.paramLabel();
    }

    private ParseResult parsed() {
      return spec.command().commandLine().getParseResult();
    }
  }

  /** Adds the options that every command has, which come last. */
  public final CommandSpec withHelp() {
    spec.addOption(
        OptionSpec.builder("-h", "--help").usageHelp(true).description("Print this help.").build());
    flag("Say more; with an error, where it happened.", VERBOSE);
    return spec;
  }

  /** An option without a value. */
  public final Value<Boolean> flag(String description, String... names) {
    return added(builder(boolean.class, description, names).initialValue(false));
  }

  /**
   * An option with a value.
   *
   * @param otherwise its value where it is not given, null for none
   * @param label what the help calls the value
   */
  public final <T> Value<T> option(
      Class<T> type, T otherwise, String label, String description, String... names) {
    return added(builder(type, description, names).initialValue(otherwise).paramLabel(label));
  }

  /** Likewise with a choice, which shells complete. */
  public final Value<String> choice(
      Iterable<String> known, String otherwise, String label, String description, String... names) {
    return added(
        builder(String.class, description, names)
            .initialValue(otherwise)
            .paramLabel(label)
            .completionCandidates(known));
  }

  /**
   * An option that may be repeated.
   *
   * @param separator between values given at once, null for none
   */
  public final <T> Value<List<T>> list(
      Class<T> type,
      List<T> otherwise,
      String separator,
      String label,
      String description,
      String... names) {
    OptionSpec.Builder builder =
        builder(List.class, description, names)
            .auxiliaryTypes(type)
            .initialValue(otherwise)
            .paramLabel(label);
    return added(separator == null ? builder : builder.splitRegex(separator));
  }

  /** An option that may be repeated, of choices that shells complete. */
  public final Value<List<String>> choices(
      List<String> known,
      List<String> otherwise,
      String separator,
      String label,
      String description,
      String... names) {
    return added(
        builder(List.class, description, names)
            .auxiliaryTypes(String.class)
            .initialValue(otherwise)
            .paramLabel(label)
            .splitRegex(separator)
            .completionCandidates(known));
  }

  /** A parameter without a name. */
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

  /** Parameters without names, in order; the command checks how many there are. */
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

  private <T> Value<T> added(OptionSpec.Builder builder) {
    OptionSpec option = builder.build();
    spec.addOption(option);
    return new Value<>(option);
  }
}
