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

/** Which checkpoints are measured: those named, else the one that any command uses. */
final class BenchModels {
  private final Subcommand command;
  private final Subcommand.Value<List<String>> parameters;
  private final Subcommand.Value<List<Path>> options;

  BenchModels(Subcommand command) {
    this.command = command;
    parameters = command.parameters("[FILE...]", "The same as -m FILE, for each.");
    options =
        command.list(
            Path.class,
            List.of(),
            null,
            "FILE",
            "A checkpoint, a GGUF file. Default: $"
                + ModelOptions.VARIABLE
                + ", else the bundled one.",
            "-m",
            "--model");
  }

  List<Checkpoint> checkpoints() {
    List<Checkpoint> all = new ArrayList<>();
    Stream<String> named = options.get().stream().map(Path::toString);
    for (String value : Stream.concat(named, parameters.get().stream()).toList()) {
      // a file's name may hold a comma
      boolean one = Files.exists(Usage.path(command.spec, value));
      for (String name : one ? new String[] {value} : value.split(",", -1)) {
        all.add(Checkpoint.of(Usage.path(command.spec, name)));
      }
    }
    return all.isEmpty() ? List.of(ModelOptions.unnamed(command)) : all;
  }
}
