package dev.myelin.cli.options;

import dev.myelin.cli.command.Subcommand;
import dev.myelin.cli.command.Usage;
import dev.myelin.gguf.Checkpoint;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;

/** The model: as named, else from an environment variable, else the bundled one. */
public final class ModelOptions {
  public static final String VARIABLE = "MYELIN_MODEL";

  private static final String DESCRIPTION =
      "The model, a GGUF file. Default: $" + VARIABLE + ", else the bundled model.";

  private final Subcommand command;
  private final Subcommand.Value<Boolean> noMmap;
  private final Subcommand.Value<Path> option;
  private final Subcommand.Value<Path> parameter;

  /** The option {@code -m}, or a positional parameter. */
  public ModelOptions(Subcommand command) {
    this(command, DESCRIPTION);
  }

  /** The same with {@code --no-mmap}, for commands that compute. */
  public static ModelOptions withNoMmap(Subcommand command) {
    return new ModelOptions(
        command,
        DESCRIPTION,
        command.flag("Read the model into memory instead of mapping it.", "--no-mmap"));
  }

  /**
   * @param description in the help
   */
  public ModelOptions(Subcommand command, String description) {
    this(command, description, null);
  }

  private ModelOptions(Subcommand command, String description, Subcommand.Value<Boolean> noMmap) {
    this.command = command;
    this.noMmap = noMmap;
    parameter = command.parameter(Path.class, false, "FILE", "The same as -m FILE.");
    option = command.option(Path.class, null, "FILE", description, "-m", "--model");
  }

  /** The option, for notes about it. */
  public Subcommand.Value<Path> option() {
    return option;
  }

  /** Whether an option or the variable names a model. */
  public boolean isNamed() {
    return option.isSet()
        || parameter.isSet()
        || command.console.environmentVariable(VARIABLE) != null;
  }

  public Checkpoint checkpoint() {
    return mapOrCopy(namedOrDefault());
  }

  /** Another model, mapped or copied as the main one. */
  public Checkpoint checkpoint(Path file) {
    return mapOrCopy(Checkpoint.of(file));
  }

  private Checkpoint mapOrCopy(Checkpoint checkpoint) {
    return noMmap != null && noMmap.get() ? checkpoint.readIntoMemory() : checkpoint;
  }

  private Checkpoint namedOrDefault() {
    if (option.isSet() && parameter.isSet()) {
      throw Usage.error(
          command.spec,
          "unknown argument '%s': %s already names the model (quote text with spaces)"
              .formatted(parameter.get(), option.typedName()));
    }
    if (option.isSet() || parameter.isSet()) {
      return Checkpoint.of(option.isSet() ? option.get() : parameter.get());
    }
    return defaultCheckpoint(command);
  }

  /** The model if the arguments name none. */
  public static Checkpoint defaultCheckpoint(Subcommand command) {
    String name = command.console.environmentVariable(VARIABLE);
    if (name == null) {
      return command.console.bundled().get().orElseThrow(() -> noModel(command));
    }
    try {
      return Checkpoint.of(Path.of(name));
    } catch (InvalidPathException e) {
      throw Usage.error(
          command.spec, VARIABLE + "=" + name + ": not a file name: " + e.getReason());
    }
  }

  private static RuntimeException noModel(Subcommand command) {
    return Usage.error(
        command.spec,
        "no model: give a GGUF file with -m FILE or in $"
            + VARIABLE
            + "; this build has no bundled model");
  }
}
