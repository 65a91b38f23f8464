package dev.myelin.cli.options;

import dev.myelin.cli.command.ClosestMatch;
import dev.myelin.cli.command.Subcommand;
import dev.myelin.cli.command.Usage;
import dev.myelin.error.InvalidRequestException;
import dev.myelin.error.MyelinException;
import dev.myelin.error.Printable;
import dev.myelin.gguf.Checkpoint;
import dev.myelin.hub.Hub;
import dev.myelin.hub.HubException;
import dev.myelin.hub.HubSettings;
import dev.myelin.hub.ModelName;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** A model that is not a file: an alias, a downloaded model, or one to download. */
public final class NamedModel {
  private final Subcommand command;
  private final Hub hub;

  private NamedModel(Subcommand command, boolean offline) {
    this.command = command;
    this.hub = hub(command, offline);
  }

  /** The hub of the environment variables. */
  public static Hub hub(Subcommand command, boolean offline) {
    ModelPull.allowProxyPasswords();
    HubSettings settings = HubSettings.of(command.console.environment());
    return Hub.of(settings.withOffline(offline || settings.offline()));
  }

  /**
   * The model that a text names; it is downloaded if necessary.
   *
   * @param path the text as a path, which is no file
   */
  static Checkpoint find(Subcommand command, String text, Path path, boolean offline) {
    if (isPath(text)) {
      return Checkpoint.of(path); // opening it reports what is wrong
    }
    return new NamedModel(command, offline).find(text, path);
  }

  /**
   * A model of the hub.
   *
   * @param option its name, for messages
   * @param file in the repository, null for the one that the quantization chooses
   */
  static Checkpoint ofRepository(
      Subcommand command, String option, String repository, String file, boolean offline) {
    ModelName name =
        ModelName.parse(repository)
            .filter(n -> n.source() == ModelName.Source.HUB)
            .orElseThrow(
                () ->
                    Usage.error(
                        command.spec,
                        option + " " + repository + ": expected ORG/REPOSITORY[:QUANTIZATION]"));
    String text = file == null ? name.toString() : name.id() + ":" + file;
    NamedModel model = new NamedModel(command, offline);
    return model.hub.find(text).map(Checkpoint::of).orElseGet(() -> model.pull(text, ""));
  }

  /** Texts that can only be files: nothing is loaded for them. */
  private static boolean isPath(String text) {
    return text.startsWith(".")
        || text.startsWith("/")
        || text.startsWith("~")
        || text.endsWith(".gguf") && text.indexOf(':') < 0;
  }

  private Checkpoint find(String text, Path path) {
    Optional<Path> stored = hub.find(text);
    if (stored.isPresent()) {
      return Checkpoint.of(stored.get());
    }
    Path folder = path.getParent();
    boolean isInFolder = folder != null && Files.isDirectory(folder);
    Optional<ModelName> name = ModelName.parse(hub.aliases().getOrDefault(text, text));
    if (name.isEmpty() && (isInFolder || Files.exists(path)) || name.isPresent() && isInFolder) {
      return Checkpoint.of(path);
    }
    if (name.isEmpty()) {
      throw unknown(hub, text, "no such file or model");
    }
    return pull(text, "no such file; ");
  }

  /**
   * Downloads a model that is not in the store.
   *
   * @param context begins a message of the hub
   */
  private Checkpoint pull(String text, String context) {
    try {
      return Checkpoint.of(ModelPull.run(command, hub.pull(text), false).path());
    } catch (HubException e) {
      throw context.isEmpty() ? e : new HubException(text + ": " + context + e.getMessage(), e);
    }
  }

  /** The error for a name that is not known, with the closest one that is. */
  public static MyelinException unknown(Hub hub, String text, String problem) {
    String hint =
        ClosestMatch.find(text, hub.names())
            .map(near -> ": did you mean " + near + "?")
            .orElse(
                ModelName.parseOrWord(text).isPresent() && !problem.contains("download")
                    ? "; `myelin list` shows the models, `myelin pull` downloads one"
                    : "");
    return new InvalidRequestException(Printable.of(text + ": " + problem + hint));
  }
}
