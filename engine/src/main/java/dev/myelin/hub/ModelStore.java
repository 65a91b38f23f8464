package dev.myelin.hub;

import dev.myelin.file.FileErrors;
import dev.myelin.file.OutputFile;
import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * The folder of models: {@code blobs/KEY/} holds the files of one version of a model, {@code
 * models/} a JSON file for each model, {@code aliases/} one for each alias, {@code locks/} a lock
 * for each key.
 */
final class ModelStore {
  private static final String JSON = ".json";
  private static final int MAX_RECORD_BYTES = 4 << 20;

  private final Path folder;

  ModelStore(Path folder) {
    this.folder = folder;
  }

  private Path blobs() {
    return folder.resolve("blobs");
  }

  /** The folder of a version's files. */
  Path blob(String key) {
    return blobs().resolve(key);
  }

  Path lock(String key) {
    return folder.resolve("locks").resolve(key + ".lock");
  }

  /** Identifies the content of a model: by its sums, else by addresses and versions. */
  static String key(RemoteModel model) {
    List<RemoteFile> files = model.files();
    Optional<Digest> only = files.size() == 1 ? files.getFirst().digest() : Optional.empty();
    if (only.isPresent() && only.get().kind().equals(Digest.SHA256)) {
      return only.get().hex();
    }
    StringBuilder text = new StringBuilder();
    for (RemoteFile file : files) {
      text.append(file.digest().map(Digest::toString).orElse(file.uri() + " " + file.etag()))
          .append(' ')
          .append(file.bytes())
          .append('\n');
    }
    return Digest.ofText(text.toString());
  }

  /** All models, by name. */
  List<StoredModel> list() {
    List<StoredModel> models = new ArrayList<>();
    for (Path file : jsonFiles("models")) {
      read(file).flatMap(b -> ModelRecord.read(b, file.toString(), blobs())).ifPresent(models::add);
    }
    models.sort(Comparator.comparing(StoredModel::name));
    return models;
  }

  /** The model with this name, if all its files exist. */
  Optional<StoredModel> find(ModelName name) {
    return findRecord(name)
        .filter(m -> m.files().stream().allMatch(f -> Files.isRegularFile(f.path())));
  }

  /** The model with this name, even if files are missing. */
  Optional<StoredModel> findRecord(ModelName name) {
    return list().stream()
        .filter(
            m ->
                m.names().stream().flatMap(n -> ModelName.parse(n).stream()).anyMatch(name::isSame))
        .findFirst();
  }

  /** Aliases and what they stand for: the name of a model, or a file. */
  Map<String, String> aliases() {
    Map<String, String> aliases = new TreeMap<>();
    for (Path file : jsonFiles("aliases")) {
      read(file)
          .flatMap(ModelStore::object)
          .ifPresent(
              o ->
                  Json.string(o, "alias")
                      .ifPresent(a -> Json.string(o, "target").ifPresent(t -> aliases.put(a, t))));
    }
    return aliases;
  }

  private static Optional<Map<String, Object>> object(byte[] json) {
    try {
      return Json.object(Json.parse(json, "alias"));
    } catch (HubException e) {
      return Optional.empty();
    }
  }

  void setAlias(String alias, String target) {
    write(record("aliases", alias), Json.write(Map.of("alias", alias, "target", target)));
  }

  boolean removeAlias(String alias) {
    return delete(record("aliases", alias));
  }

  /** Adds a model or replaces its record. A name belongs to the model that got it last. */
  void put(StoredModel model) {
    for (StoredModel other : list()) {
      if (!other.name().equals(model.name())) {
        List<String> names = new ArrayList<>(other.names());
        if (names.removeAll(model.names())) {
          write(record("models", other.name()), ModelRecord.write(withNames(other, names)));
        }
      }
    }
    write(record("models", model.name()), ModelRecord.write(model));
  }

  private static StoredModel withNames(StoredModel m, List<String> names) {
    return new StoredModel(
        m.name(), names, m.origin(), m.revision(), m.pulled(), m.key(), m.files());
  }

  /** Removes a model's record, then its files if no other model has them. */
  void remove(StoredModel model) {
    delete(record("models", model.name()));
    removeUnused(model.key());
  }

  /** Deletes the files of a version that no record names; the caller has its lock. */
  void removeUnused(String key) {
    if (list().stream().noneMatch(m -> m.key().equals(key))) {
      deleteFolder(blob(key));
    }
  }

  /** Unfinished downloads: the model's name by key. */
  Map<String, String> unfinished() {
    Map<String, String> names = new TreeMap<>();
    for (Path blob : children(blobs())) {
      for (Path file : children(blob)) {
        if (file.toString().endsWith(PartFile.STATE_SUFFIX)) {
          read(file)
              .flatMap(ModelStore::object)
              .flatMap(o -> Json.string(o, "model"))
              .ifPresent(name -> names.put(blob.getFileName().toString(), name));
        }
      }
    }
    return names;
  }

  /** Free bytes on the disk of the store. */
  long freeBytes() {
    Path existing = folder.toAbsolutePath();
    while (existing != null && !Files.exists(existing)) {
      existing = existing.getParent();
    }
    try {
      FileStore disk = Files.getFileStore(existing == null ? folder : existing);
      return disk.getTotalSpace() == 0 ? Long.MAX_VALUE : disk.getUsableSpace();
    } catch (IOException e) {
      return Long.MAX_VALUE; // the mount is not listed, for example in a chroot
    }
  }

  /** The file of a record: readable, and distinct where upper and lower case are the same. */
  private Path record(String kind, String name) {
    String file = FileNames.safe(name) + "-" + Digest.ofText(name).substring(0, 12) + JSON;
    return folder.resolve(kind).resolve(file);
  }

  private List<Path> jsonFiles(String kind) {
    return children(folder.resolve(kind)).stream()
        .filter(p -> p.toString().endsWith(JSON))
        .toList();
  }

  private static List<Path> children(Path folder) {
    try (Stream<Path> files = Files.list(folder)) {
      return files.sorted().toList();
    } catch (NoSuchFileException | java.nio.file.NotDirectoryException e) {
      return List.of();
    } catch (IOException e) {
      throw new HubException(folder + ": cannot be read: " + FileErrors.describe(e), e);
    }
  }

  private static Optional<byte[]> read(Path file) {
    try {
      return Files.size(file) > MAX_RECORD_BYTES
          ? Optional.empty()
          : Optional.of(Files.readAllBytes(file));
    } catch (NoSuchFileException e) {
      return Optional.empty(); // removed meanwhile
    } catch (IOException e) {
      throw new HubException(file + ": cannot be read: " + FileErrors.describe(e), e);
    }
  }

  private static void write(Path file, byte[] bytes) {
    createFolder(file.getParent());
    OutputFile.write(file, bytes);
  }

  static void createFolder(Path folder) {
    try {
      Files.createDirectories(folder);
    } catch (IOException e) {
      throw new HubException(folder + ": cannot be created: " + FileErrors.describe(e), e);
    }
  }

  private static boolean delete(Path file) {
    try {
      return Files.deleteIfExists(file);
    } catch (IOException e) {
      throw new HubException(file + ": cannot be deleted: " + FileErrors.describe(e), e);
    }
  }

  private static void deleteFolder(Path folder) {
    if (Files.isDirectory(folder)) {
      children(folder).forEach(ModelStore::delete);
      delete(folder);
    }
  }
}
