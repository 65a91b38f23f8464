package dev.myelin.cli.options;

import dev.myelin.cli.command.Subcommand;
import dev.myelin.cli.command.Usage;
import dev.myelin.gguf.Checkpoint;
import java.nio.file.Path;

/** A model of a hub, by the options of llama.cpp. */
public final class HubOptions {
  private final Subcommand command;
  private final Subcommand.Value<String> repository;
  private final Subcommand.Value<String> file;
  private final Subcommand.Value<Boolean> offline;

  public HubOptions(Subcommand command) {
    this.command = command;
    repository =
        command.option(
            String.class,
            null,
            "REPO",
            "A model of the hub, ORG/REPOSITORY[:QUANTIZATION]; downloaded at the first use.",
            "-hf",
            "-hfr",
            "--hf-repo");
    file =
        command.option(
            String.class,
            null,
            "FILE",
            "With -hf: the file in the repository.",
            "-hff",
            "--hf-file");
    offline = command.flag("Use downloaded models only.", "--offline");
  }

  public boolean isSet() {
    return repository.isSet() || file.isSet();
  }

  public boolean isOffline() {
    return offline.get();
  }

  String typedName() {
    return (repository.isSet() ? repository : file).typedName();
  }

  /** The model; it is downloaded if necessary. */
  public Checkpoint checkpoint() {
    if (!repository.isSet()) {
      throw Usage.error(command.spec, file.typedName() + ": expected with -hf");
    }
    return NamedModel.ofRepository(
        command, repository.typedName(), repository.get(), file.get(), isOffline());
  }

  /** The model of an argument: a file, else what the name stands for. */
  public Checkpoint named(String text, Path path) {
    return ModelOptions.named(command, text, path, isOffline());
  }

  /** The model if the arguments name none. */
  public Checkpoint defaultCheckpoint() {
    return ModelOptions.defaultCheckpoint(command, isOffline());
  }
}
