package dev.myelin.cli.models;

import dev.myelin.cli.command.Subcommand;
import dev.myelin.cli.io.Console;
import dev.myelin.cli.options.CheckText;
import dev.myelin.cli.options.ModelPull;
import dev.myelin.cli.options.NamedModel;
import dev.myelin.hub.Hub;
import dev.myelin.hub.HubSettings;
import dev.myelin.hub.Pull;

/** Downloads a model. */
public final class PullCommand extends Subcommand {
  private final Value<String> name =
      parameter(
          String.class,
          true,
          "NAME",
          "ORG/REPOSITORY[:QUANTIZATION] of the hub, NAME[:TAG] or"
              + " ollama://[HOST/]NAMESPACE/NAME:TAG of an Ollama registry, or the URL of a GGUF"
              + " file.");
  private final Value<Boolean> dryRun =
      flag("Show what the model needs and whether it runs here; download nothing.", "--dry-run");
  private final Value<Boolean> force =
      flag("Download the model even if this version cannot run it.", "--force");
  private final Value<Integer> connections =
      option(
          int.class,
          HubSettings.Transfer.DEFAULT.connections(),
          "N",
          "Connections for a file of more than 64 MB (default: ${DEFAULT-VALUE}).",
          "--connections");
  private final Value<Boolean> offline = flag("Open no connection.", "--offline");

  public PullCommand(Console console) {
    super(
        console,
        "pull",
        "Download a model, and print its file.",
        "",
        "Without a quantization it is Q4_K_M, or the first GGUF file of the repository. What the",
        "model needs is shown first. An interrupted download continues where it stopped.",
        "",
        "Examples:",
        "  myelin pull bartowski/Llama-3.2-1B-Instruct-GGUF",
        "  myelin pull Qwen/Qwen3-0.6B-GGUF:Q8_0 --dry-run",
        "  myelin pull llama3.2:1b",
        "  myelin pull https://example.com/model.gguf",
        "  myelin chat bartowski/Llama-3.2-1B-Instruct-GGUF");
  }

  @Override
  public void run() {
    Hub hub = NamedModel.hub(this, offline.get());
    HubSettings settings = hub.settings();
    hub = Hub.of(settings.withTransfer(settings.transfer().withConnections(connections.get())));
    if (dryRun.get()) {
      try (Pull pull = hub.pull(name.get())) {
        console.print(CheckText.of(pull, pull.check()));
      }
      return;
    }
    console.println(ModelPull.run(this, hub.pull(name.get()), force.get()).path().toString());
  }
}
