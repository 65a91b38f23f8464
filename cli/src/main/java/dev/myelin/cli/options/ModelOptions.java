package dev.myelin.cli.options;

import dev.myelin.cli.command.Subcommand;
import dev.myelin.cli.command.Usage;
import dev.myelin.gguf.Checkpoint;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;

/** The model: as named, else from an environment variable, else the bundled one. */
public final class ModelOptions {
  public static final String VARIABLE = "MYELIN_MODEL";

  private static final String DESCRIPTION =
      "The model: a GGUF file, or a name as `myelin pull` takes it. Default: $"
          + VARIABLE
          + ", else the bundled model.";

  private final Subcommand command;
  private final Subcommand.Value<Boolean> noMmap;
  private final Subcommand.Value<Path> option;
  private final Subcommand.Value<Path> parameter;
  private final HubOptions hub;

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
    parameter = command.parameter(Path.class, false, "MODEL", "The same as -m MODEL.");
    option = command.option(Path.class, null, "MODEL", description, "-m", "--model");
    hub = new HubOptions(command);
  }

  /** The option, for notes about it. */
  public Subcommand.Value<Path> option() {
    return option;
  }

  /** Whether the command line names a model. */
  public boolean isOnCommandLine() {
    return option.isSet() || parameter.isSet() || hub.isSet();
  }

  /** Whether an option or the variable names a model. */
  public boolean isNamed() {
    return isOnCommandLine() || command.console.environmentVariable(VARIABLE) != null;
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
      throw secondModel(parameter.text(), option.typedName());
    }
    Subcommand.Value<Path> named = option.isSet() ? option : parameter;
    if (hub.isSet()) {
      if (named.isSet()) {
        throw secondModel(named.text(), hub.typedName());
      }
      return hub.checkpoint();
    }
    return named.isSet()
        ? named(command, named.text(), named.get(), hub.isOffline())
        : defaultCheckpoint(command, hub.isOffline());
  }

  private RuntimeException secondModel(String argument, String option) {
    return Usage.error(
        command.spec,
        "unknown argument '%s': %s already names the model (quote text with spaces)"
            .formatted(argument, option));
  }

  /** A file, else what the name stands for. */
  static Checkpoint named(Subcommand command, String text, Path path, boolean offline) {
    return Files.exists(path) && !Files.isDirectory(path)
        ? Checkpoint.of(path)
        : NamedModel.find(command, text, path, offline);
  }

  /** The model if the arguments name none. */
  static Checkpoint defaultCheckpoint(Subcommand command, boolean offline) {
    String name = command.console.environmentVariable(VARIABLE);
    if (name == null) {
      return command.console.bundled().get().orElseThrow(() -> noModel(command));
    }
    try {
      return named(command, name, Path.of(name), offline);
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
