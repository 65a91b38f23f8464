package dev.myelin.hub;

import dev.myelin.error.CancelledException;
import dev.myelin.file.FileErrors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The download of one model. Confined to one thread, except {@link #cancel}. After a failure the
 * files so far are kept, and another pull of the same model continues.
 */
public final class Pull implements AutoCloseable {
  private final HubSettings settings;
  private final ModelStore store;
  private final ModelName name;
  private final Cancellation cancellation = new Cancellation();
  private final Http http;
  private @Nullable RemoteModel remote;

  Pull(HubSettings settings, ModelStore store, ModelName name) {
    this.settings = settings;
    this.store = store;
    this.name = name;
    this.http = new Http(settings, cancellation);
  }

  /** Ends the download soon: {@link #run} throws a {@link CancelledException}. Any thread. */
  public void cancel() {
    cancellation.cancel();
  }

  /**
   * Finds the model on its server, at the first call.
   *
   * @throws HubException if it is not there
   */
  public RemoteModel remote() {
    if (remote == null) {
      remote =
          switch (name.source()) {
            case HUB -> new HubApi(http, settings).resolve(name);
            case OLLAMA -> new OllamaRegistry(http, settings).resolve(name);
            case URL -> new UrlSource(http, settings).resolve(name);
          };
    }
    return remote;
  }

  /** Whether the store has all files of the server's version. */
  public boolean isDownloaded() {
    List<Path> targets = targets(known());
    for (int i = 0; i < targets.size(); i++) {
      if (isMissing(targets.get(i), remote().files().get(i).bytes())) {
        return false;
      }
    }
    return true;
  }

  /** Reads the headers of the files, and compares the model with this machine and this version. */
  public ModelCheck check() {
    try (HeaderProbe probe = new HeaderProbe(http, remote(), settings)) {
      return ModelCheck.of(probe);
    }
  }

  /** Bytes that are not on disk yet. */
  public long missingBytes() {
    return missingBytes(targets(known()));
  }

  private long missingBytes(List<Path> targets) {
    long missing = 0;
    for (int i = 0; i < targets.size(); i++) {
      long bytes = remote().files().get(i).bytes();
      if (isMissing(targets.get(i), bytes)) {
        missing += Math.max(0, bytes - PartFile.savedBytes(targets.get(i)));
      }
    }
    return missing;
  }

  /** Free bytes on the disk of the store; {@link Long#MAX_VALUE} if unknown. */
  public long freeBytes() {
    return store.freeBytes();
  }

  /** The files in the store: named as in an earlier download, else as on the server. */
  private List<Path> targets(Optional<StoredModel> known) {
    Path blob = store.blob(ModelStore.key(remote()));
    return known
        .map(m -> m.files().stream().map(f -> f.path().getFileName().toString()).toList())
        .orElseGet(() -> FileNames.local(remote()))
        .stream()
        .map(blob::resolve)
        .toList();
  }

  private static boolean isMissing(Path target, long bytes) {
    try {
      return Files.size(target) != bytes;
    } catch (IOException e) {
      return true;
    }
  }

  /**
   * Downloads and verifies what is missing, and adds the model to the store.
   *
   * @throws HubException after a failure; the message says what is kept
   * @throws CancelledException after {@link #cancel}, or if the thread was interrupted
   */
  public StoredModel run(PullListener listener) {
    String key = ModelStore.key(remote());
    try (StoreLock _ = StoreLock.acquire(store.lock(key), cancellation, listener::waiting)) {
      ModelStore.createFolder(store.blob(key));
      Optional<StoredModel> known = known();
      List<Path> targets = targets(known);
      requireSpace(missingBytes(targets));
      Progress progress = new Progress(listener, remote().bytes());
      List<StoredModel.StoredFile> files = new ArrayList<>();
      for (int i = 0; i < targets.size(); i++) {
        files.add(download(i, targets.get(i), progress, known));
      }
      StoredModel model = stored(key, files, known);
      Optional<StoredModel> older = store.findRecord(remote().name());
      store.put(model);
      older.filter(m -> !m.key().equals(key)).ifPresent(m -> removeOld(m.key()));
      return model;
    }
  }

  /** The record of an earlier download of the same content. */
  private Optional<StoredModel> known() {
    String key = ModelStore.key(remote());
    return store.list().stream().filter(m -> m.key().equals(key)).findFirst();
  }

  private StoredModel stored(
      String key, List<StoredModel.StoredFile> files, Optional<StoredModel> known) {
    String main = remote().name().toString();
    Set<String> names = new LinkedHashSet<>(List.of(main));
    remote().names().forEach(n -> names.add(n.toString()));
    store.list().stream().filter(m -> m.name().equals(main)).forEach(m -> names.addAll(m.names()));
    Instant now = Instant.now().truncatedTo(ChronoUnit.SECONDS);
    Instant pulled = known.filter(m -> m.name().equals(main)).map(StoredModel::pulled).orElse(now);
    return new StoredModel(
        main, List.copyOf(names), remote().origin(), remote().revision(), pulled, key, files);
  }

  /** Removes an older version, unless it is in use by another download. */
  private void removeOld(String key) {
    try (StoreLock lock = StoreLock.tryAcquire(store.lock(key))) {
      if (lock != null) {
        store.removeUnused(key);
      }
    }
  }

  private StoredModel.StoredFile download(
      int index, Path target, Progress progress, Optional<StoredModel> known) {
    RemoteFile file = remote().files().get(index);
    String sha256 =
        file.digest()
            .filter(d -> d.kind().equals(Digest.SHA256))
            .map(Digest::hex)
            .or(() -> known.map(m -> m.files().get(index).sha256()))
            .orElse("");
    if (!Files.isRegularFile(target)) {
      sha256 = transfer(file, target, progress);
    } else if (sha256.isEmpty()) {
      sha256 = sum(Digest.SHA256, target, progress).hex();
    }
    progress.next(file.bytes());
    return new StoredModel.StoredFile(
        target, file.bytes(), sha256, file.etag(), file.uri().toString());
  }

  /** Returns the SHA-256 of the complete file. */
  private String transfer(RemoteFile file, Path target, Progress progress) {
    long range = settings.transfer().rangeBytes();
    long rangeBytes = file.bytes() <= 2 * range ? file.bytes() : range;
    try (PartFile part = new PartFile(target, remote().name().toString(), file, rangeBytes)) {
      try {
        requireSpace(file.bytes() - part.doneBytes());
        new Download(http, file, part, settings, cancellation).run(progress::downloaded);
        String sha256 = verify(file, part, progress);
        part.complete();
        return sha256;
      } catch (CancelledException e) {
        throw new CancelledException(remote().name() + ": interrupted" + kept(part, target));
      } catch (HubException e) {
        throw new HubException(remote().name() + ": " + e.getMessage() + kept(part, target), e);
      }
    }
  }

  private static String kept(PartFile part, Path target) {
    if (!Files.exists(part.path())) {
      return ""; // its content is wrong
    }
    part.trySaveState();
    return "; %s of %s bytes are kept, and the next pull continues"
        .formatted(PartFile.savedBytes(target), part.bytes());
  }

  private void requireSpace(long missing) {
    long free = store.freeBytes();
    if (missing > free) {
      throw new HubException(
          "no space left on device: " + missing + " bytes are needed, " + free + " are free");
    }
  }

  private String verify(RemoteFile file, PartFile part, Progress progress) {
    Digest expected = file.digest().orElse(null);
    String kind = expected == null ? Digest.SHA256 : expected.kind();
    Digest actual = sum(kind, part.path(), progress);
    if (expected != null && !actual.equals(expected)) {
      part.delete();
      throw new HubException(
          file.name() + ": has " + actual + ", expected " + expected + ": deleted");
    }
    return kind.equals(Digest.SHA256)
        ? actual.hex()
        : sum(Digest.SHA256, part.path(), progress).hex();
  }

  private Digest sum(String kind, Path path, Progress progress) {
    try {
      return Digest.ofFile(
          kind,
          path,
          done -> {
            cancellation.check();
            progress.verified(done);
          });
    } catch (IOException e) {
      throw new HubException(path + ": cannot be read: " + FileErrors.describe(e), e);
    }
  }

  /** Sums over the files of a model. */
  private static final class Progress {
    private final PullListener listener;
    private final long total;
    private long earlier;

    Progress(PullListener listener, long total) {
      this.listener = listener;
      this.total = total;
    }

    void downloaded(long bytes) {
      listener.downloaded(earlier + bytes, total);
    }

    void verified(long bytes) {
      listener.verified(earlier + bytes, total);
    }

    void next(long bytes) {
      earlier += bytes;
    }
  }

  /** Closes all connections. */
  @Override
  public void close() {
    http.close();
  }
}
