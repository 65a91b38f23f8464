package dev.myelin.hub;

import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Models by name: those in the store, and those to download. Immutable and thread-safe, and any
 * number of processes may use the same store.
 */
public final class Hub {
  private static final Pattern ALIAS = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,63}");

  private final HubSettings settings;
  private final ModelStore store;

  private Hub(HubSettings settings) {
    this.settings = settings;
    this.store = new ModelStore(settings.folder());
  }

  public static Hub of(HubSettings settings) {
    return new Hub(settings);
  }

  /** With the settings of the environment variables of this process. */
  public static Hub fromEnvironment() {
    return of(HubSettings.of(System.getenv()));
  }

  public HubSettings settings() {
    return settings;
  }

  /** The file of a downloaded model or of an alias. Opens no connection. */
  public Optional<Path> find(String name) {
    String target = store.aliases().getOrDefault(name, name);
    if (!target.equals(name)) {
      Optional<Path> file = existingFile(target);
      if (file.isPresent()) {
        return file;
      }
    }
    return stored(target).map(StoredModel::path);
  }

  /** A downloaded model, by one of its names or an alias. */
  public Optional<StoredModel> stored(String name) {
    String target = store.aliases().getOrDefault(name, name);
    return ModelName.parseOrWord(target).flatMap(store::find);
  }

  private static Optional<Path> existingFile(String name) {
    try {
      return Optional.of(Path.of(name)).filter(p -> p.isAbsolute() && Files.isRegularFile(p));
    } catch (InvalidPathException e) {
      return Optional.empty();
    }
  }

  /** The downloaded models, by name. */
  public List<StoredModel> list() {
    return store.list();
  }

  /** Names of models whose download is not complete. */
  public List<String> unfinished() {
    Set<String> names = new LinkedHashSet<>(store.unfinished().values());
    return List.copyOf(names);
  }

  /** Aliases and what they stand for. */
  public Map<String, String> aliases() {
    return store.aliases();
  }

  /** All names that {@link #find} knows. */
  public List<String> names() {
    List<String> names = new ArrayList<>(store.aliases().keySet());
    store.list().forEach(m -> names.addAll(m.names()));
    return names;
  }

  /**
   * Prepares the download of a model.
   *
   * @param name {@code org/repo[:quantization]} of the hub, {@code name:tag} or {@code
   *     ollama://...} of an Ollama registry, a URL, or a single word of the Ollama library
   * @throws HubException if it is no such name, or this Java has no HTTP client
   */
  public Pull pull(String name) {
    String target = store.aliases().getOrDefault(name, name);
    return ModelName.parseOrWord(target)
        .map(this::pull)
        .orElseThrow(
            () ->
                new HubException(
                    "model '" + name + "': expected org/repo[:quantization], name:tag, or a URL"));
  }

  /**
   * Prepares the download of a model.
   *
   * @throws HubException if this Java has no HTTP client
   */
  public Pull pull(ModelName name) {
    if (ModuleLayer.boot().findModule("java.net.http").isEmpty()) {
      throw new HubException(
          name + ": downloads need the module java.net.http, which this Java does not have");
    }
    return new Pull(settings, store, name);
  }

  /**
   * Gives a model a short name.
   *
   * @param target the name of a model, or a file
   */
  public void setAlias(String alias, String target) {
    if (!ALIAS.matcher(alias).matches() || alias.endsWith(".gguf")) {
      throw new HubException(
          "alias '" + alias + "': expected up to 64 letters, digits, '.', '_' and '-'");
    }
    String value = target;
    boolean isFile = false;
    try {
      Path file = Path.of(target);
      if (Files.isRegularFile(file)) {
        isFile = true;
        value = file.toAbsolutePath().normalize().toString();
      }
    } catch (InvalidPathException e) {
      // a name
    }
    if (!isFile && ModelName.parseOrWord(target).isEmpty()) {
      throw new HubException(
          "alias " + alias + ": '" + target + "': expected the name of a model, or a file");
    }
    store.setAlias(alias, value);
  }

  /**
   * Removes an alias, a model with its files, or an unfinished download.
   *
   * @return whether there was one
   * @throws HubException if the model is being downloaded
   */
  public boolean remove(String name) {
    if (store.removeAlias(name)) {
      return true;
    }
    boolean removed = false;
    Optional<StoredModel> model = ModelName.parseOrWord(name).flatMap(store::findRecord);
    if (model.isPresent()) {
      try (StoreLock _ = lock(model.get().key(), name)) {
        store.remove(model.get());
        removed = true;
      }
    }
    for (Map.Entry<String, String> part : store.unfinished().entrySet()) {
      if (part.getValue().equals(name)
          || ModelName.parse(part.getValue())
              .flatMap(n -> ModelName.parseOrWord(name).filter(n::isSame))
              .isPresent()) {
        try (StoreLock _ = lock(part.getKey(), name)) {
          store.removeUnused(part.getKey());
          removed = true;
        }
      }
    }
    return removed;
  }

  private StoreLock lock(String key, String name) {
    StoreLock lock = StoreLock.tryAcquire(store.lock(key));
    if (lock == null) {
      throw new HubException(name + ": is being downloaded");
    }
    return lock;
  }
}
