package dev.myelin.cli.bench;

import dev.myelin.cli.command.Subcommand;
import dev.myelin.cli.command.Usage;
import dev.myelin.cli.options.HubOptions;
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
  private final HubOptions hub;

  BenchModelOptions(Subcommand command) {
    this.command = command;
    parameters = command.parameters("[MODEL...]", "The same as -m MODEL, for each.");
    options =
        command.list(
            Path.class,
            List.of(),
            null,
            "MODEL",
            "A model: a GGUF file, or a name as `myelin pull` takes it. Default: $"
                + ModelOptions.VARIABLE
                + ", else the bundled model.",
            "-m",
            "--model");
    hub = new HubOptions(command);
  }

  List<Checkpoint> checkpoints() {
    List<String> names = names(); // all are checked before the first one is downloaded
    List<Checkpoint> checkpoints = new ArrayList<>();
    if (hub.isSet()) {
      checkpoints.add(hub.checkpoint());
    }
    for (String name : names) {
      checkpoints.add(hub.named(name, Usage.path(command.spec, name)));
    }
    return checkpoints.isEmpty() ? List.of(hub.defaultCheckpoint()) : checkpoints;
  }

  private List<String> names() {
    List<String> names = new ArrayList<>();
    for (String value :
        Stream.concat(options.texts().stream(), parameters.get().stream()).toList()) {
      // a file name may contain a comma
      boolean exists = Files.exists(Usage.path(command.spec, value));
      names.addAll(exists ? List.of(value) : List.of(value.split(",", -1)));
    }
    names.forEach(name -> Usage.path(command.spec, name));
    return names;
  }
}
