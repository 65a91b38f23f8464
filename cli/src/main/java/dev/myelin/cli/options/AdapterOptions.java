package dev.myelin.cli.options;

import dev.myelin.adapter.Adapter;
import dev.myelin.cli.command.Subcommand;
import dev.myelin.cli.command.Usage;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** The LoRA adapters to apply. */
public final class AdapterOptions {
  private final Subcommand command;
  private final Subcommand.Value<List<Path>> adapters;

  public AdapterOptions(Subcommand command) {
    this.command = command;
    adapters =
        command.list(
            Path.class,
            List.of(),
            null,
            "FILE[=SCALE]",
            "A LoRA adapter, a GGUF file, and its scale (default: 1). Repeatable.",
            "--lora");
  }

  /** The option, for notes about it. */
  public Subcommand.Value<List<Path>> option() {
    return adapters;
  }

  public List<Adapter> adapters() {
    return Usage.check(command.spec, () -> adapters.get().stream().map(this::adapter).toList());
  }

  /** The adapters' files. */
  public List<Path> files() {
    return adapters().stream().map(Adapter::file).toList();
  }

  /** A file name may contain {@code =}: what follows is a scale only if it is a number. */
  private Adapter adapter(Path value) {
    String text = value.toString();
    int equals = text.lastIndexOf('=');
    if (equals <= 0 || Files.exists(value)) {
      return Adapter.of(value);
    }
    float scale;
    try {
      scale = Float.parseFloat(text.substring(equals + 1));
    } catch (NumberFormatException e) {
      return Adapter.of(value);
    }
    return new Adapter(Path.of(text.substring(0, equals)), scale);
  }
}
