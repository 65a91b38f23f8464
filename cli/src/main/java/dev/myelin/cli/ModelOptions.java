package dev.myelin.cli;

import dev.myelin.gguf.Checkpoint;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;

/** Which checkpoint: the one named, else that of a variable, else the bundled one. */
final class ModelOptions {
  static final String VARIABLE = "MYELIN_MODEL";

  private final Subcommand command;
  private final Subcommand.Value<Path> model;

  /** By the option {@code -m}. */
  ModelOptions(Subcommand command) {
    this(
        command,
        command.option(
            Path.class,
            null,
            "FILE",
            "The checkpoint, a GGUF file. Default: $" + VARIABLE + ", else the bundled one.",
            "-m",
            "--model"));
  }

  /** By an option or parameter of the command's own. */
  ModelOptions(Subcommand command, Subcommand.Value<Path> model) {
    this.command = command;
    this.model = model;
  }

  /** Whether an option or the variable names one. */
  boolean isNamed() {
    return model.isSet() || command.console.variable(VARIABLE) != null;
  }

  Checkpoint checkpoint() {
    if (model.isSet()) {
      return Checkpoint.in(model.get());
    }
    String name = command.console.variable(VARIABLE);
    if (name == null) {
      return command.console.bundled().get().orElseThrow(this::none);
    }
    try {
      return Checkpoint.in(Path.of(name));
    } catch (InvalidPathException e) {
      throw Usage.wrong(
          command.spec, VARIABLE + "=" + name + ": no file name here: " + e.getReason());
    }
  }

  private RuntimeException none() {
    return Usage.wrong(
        command.spec,
        "no model: name a GGUF file with "
            + (model.spec().isOption() ? "-m FILE" : "FILE")
            + " or in $"
            + VARIABLE
            + "; this build has none of its own");
  }
}
