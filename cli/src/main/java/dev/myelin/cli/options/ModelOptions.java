package dev.myelin.cli.options;

import dev.myelin.cli.command.Subcommand;
import dev.myelin.cli.command.Usage;
import dev.myelin.gguf.Checkpoint;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;

/** Which checkpoint: the one named, else that of a variable, else the bundled one. */
public final class ModelOptions {
  public static final String VARIABLE = "MYELIN_MODEL";

  private static final String MEANING =
      "The checkpoint, a GGUF file. Default: $" + VARIABLE + ", else the bundled one.";

  private final Subcommand command;
  private final Subcommand.Value<Boolean> copied;
  private final Subcommand.Value<Path> option;
  private final Subcommand.Value<Path> parameter;

  /** By the option {@code -m}, or without it. */
  public ModelOptions(Subcommand command) {
    this(command, MEANING);
  }

  /** The same, of a command that computes: the checkpoint may be copied instead of mapped. */
  public static ModelOptions computing(Subcommand command) {
    return new ModelOptions(
        command,
        MEANING,
        command.flag(
            "Read the checkpoint into memory, so that it may be written to meanwhile.",
            "--no-mmap"));
  }

  /**
   * @param meaning what the help says
   */
  public ModelOptions(Subcommand command, String meaning) {
    this(command, meaning, null);
  }

  private ModelOptions(Subcommand command, String meaning, Subcommand.Value<Boolean> copied) {
    this.command = command;
    this.copied = copied;
    parameter = command.parameter(Path.class, false, "FILE", "The same as -m FILE.");
    option = command.option(Path.class, null, "FILE", meaning, "-m", "--model");
  }

  /** The option, for notes about it. */
  public Subcommand.Value<Path> option() {
    return option;
  }

  /** Whether an option or the variable names one. */
  public boolean isNamed() {
    return option.isSet() || parameter.isSet() || command.console.variable(VARIABLE) != null;
  }

  public Checkpoint checkpoint() {
    return copied(named());
  }

  /** Another checkpoint, which is copied where that of the command is. */
  public Checkpoint checkpoint(Path file) {
    return copied(Checkpoint.of(file));
  }

  private Checkpoint copied(Checkpoint named) {
    return copied != null && copied.get() ? named.readIntoMemory() : named;
  }

  private Checkpoint named() {
    if (option.isSet() && parameter.isSet()) {
      throw Usage.wrong(
          command.spec,
          "unknown argument '%s': the model is named by %s already (quote texts with spaces)"
              .formatted(parameter.get(), option.typed()));
    }
    if (option.isSet() || parameter.isSet()) {
      return Checkpoint.of(option.isSet() ? option.get() : parameter.get());
    }
    return unnamed(command);
  }

  /** The checkpoint where the arguments name none. */
  public static Checkpoint unnamed(Subcommand command) {
    String name = command.console.variable(VARIABLE);
    if (name == null) {
      return command.console.bundled().get().orElseThrow(() -> none(command));
    }
    try {
      return Checkpoint.of(Path.of(name));
    } catch (InvalidPathException e) {
      throw Usage.wrong(
          command.spec, VARIABLE + "=" + name + ": no file name here: " + e.getReason());
    }
  }

  private static RuntimeException none(Subcommand command) {
    return Usage.wrong(
        command.spec,
        "no model: name a GGUF file with -m FILE or in $"
            + VARIABLE
            + "; this build has none of its own");
  }
}
