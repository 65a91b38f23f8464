package dev.myelin.cli.bench;

import dev.myelin.cli.command.Subcommand;
import dev.myelin.cli.command.Usage;
import dev.myelin.cli.options.ModelOptions;
import dev.myelin.gguf.Checkpoint;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** The models to measure: those named, else the default model. */
final class BenchModelOptions {
  private final Subcommand command;
  private final Subcommand.Value<List<String>> parameters;
  private final Subcommand.Value<List<Path>> options;

  BenchModelOptions(Subcommand command) {
    this.command = command;
    parameters = command.parameters("[FILE...]", "The same as -m FILE, for each.");
    options =
        command.list(
            Path.class,
            List.of(),
            null,
            "FILE",
            "A model, a GGUF file. Default: $"
                + ModelOptions.VARIABLE
                + ", else the bundled model.",
            "-m",
            "--model");
  }

  List<Checkpoint> checkpoints() {
    List<Checkpoint> checkpoints = new ArrayList<>();
    Stream<String> optionValues = options.get().stream().map(Path::toString);
    for (String value : Stream.concat(optionValues, parameters.get().stream()).toList()) {
      // a file name may contain a comma
      boolean exists = Files.exists(Usage.path(command.spec, value));
      for (String name : exists ? new String[] {value} : value.split(",", -1)) {
        checkpoints.add(Checkpoint.of(Usage.path(command.spec, name)));
      }
    }
    return checkpoints.isEmpty() ? List.of(ModelOptions.defaultCheckpoint(command)) : checkpoints;
  }
}
