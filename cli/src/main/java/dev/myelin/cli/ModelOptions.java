package dev.myelin.cli;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;

/** Which checkpoint. */
final class ModelOptions {
  static final String VARIABLE = "MYELIN_MODEL";

  private final Subcommand command;
  private final Subcommand.Value<Path> model;

  ModelOptions(Subcommand command) {
    this.command = command;
    model =
        command.option(
            Path.class,
            null,
            "FILE",
            "The checkpoint, a GGUF file. Default: $" + VARIABLE + ".",
            "-m",
            "--model");
  }

  Path file() {
    if (model.isSet()) {
      return model.get();
    }
    String name = command.console.variable(VARIABLE);
    if (name == null) {
      throw Usage.wrong(command.spec, "no model: name a GGUF file with -m FILE or in $" + VARIABLE);
    }
    try {
      return Path.of(name);
    } catch (InvalidPathException e) {
      throw Usage.wrong(
          command.spec, VARIABLE + "=" + name + ": no file name here: " + e.getReason());
    }
  }
}
