package dev.myelin.hub;

import dev.myelin.error.MyelinException;
import dev.myelin.file.FileErrors;
import dev.myelin.file.OutputFile;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * A file that is being downloaded: {@code NAME.part}, of the final size, and {@code
 * NAME.part.json}, which says what of it is complete. The file is divided into ranges of equal
 * size, and each is written from its start, by one thread at a time.
 */
final class PartFile implements AutoCloseable {
  static final String SUFFIX = ".part";
  static final String STATE_SUFFIX = ".part.json";

  private static final int MAX_STATE_BYTES = 16 << 20;

  private final Path target;
  private final Path path;
  private final Path state;
  private final String model;
  private final RemoteFile file;
  private final FileChannel channel;
  private long rangeBytes;
  private AtomicLongArray done;
  private final AtomicInteger next = new AtomicInteger();

  /**
   * Opens the file, and keeps what an earlier download left if it is of the same version.
   *
   * @param target the final name
   * @param model its name, for the list of models
   * @param rangeBytes of a new file
   */
  PartFile(Path target, String model, RemoteFile file, long rangeBytes) {
    this.target = target;
    this.path = target.resolveSibling(target.getFileName() + SUFFIX);
    this.state = target.resolveSibling(target.getFileName() + STATE_SUFFIX);
    this.model = model;
    this.file = file;
    boolean resumed = false;
    try {
      resumed = Files.isRegularFile(path) && Files.size(path) == file.bytes() && readState();
      RandomAccessFile data = new RandomAccessFile(path.toFile(), "rw");
      channel = data.getChannel();
      if (!resumed) {
        data.setLength(file.bytes());
      }
    } catch (IOException e) {
      throw writeError(e);
    }
    if (!resumed) {
      restart(rangeBytes);
    }
  }

  /** How much of an unfinished file is on disk, by its state; 0 if there is none. */
  static long savedBytes(Path target) {
    Path state = target.resolveSibling(target.getFileName() + STATE_SUFFIX);
    try {
      if (!Files.isRegularFile(state) || Files.size(state) > MAX_STATE_BYTES) {
        return 0;
      }
      Map<String, Object> saved =
          Json.object(Json.parse(Files.readAllBytes(state), state.toString())).orElse(Map.of());
      long sum = 0;
      if (saved.get("done") instanceof List<?> list) {
        for (Object bytes : list) {
          sum += bytes instanceof Long n && n > 0 ? n : 0;
        }
      }
      return Math.clamp(sum, 0, Math.max(0, Json.integer(saved, "bytes")));
    } catch (IOException | HubException e) {
      return 0;
    }
  }

  /** Forgets what is complete. */
  void restart(long newRangeBytes) {
    rangeBytes = Math.min(newRangeBytes, file.bytes());
    done = new AtomicLongArray(Math.toIntExact((file.bytes() + rangeBytes - 1) / rangeBytes));
    next.set(0);
    saveState();
  }

  private boolean readState() throws IOException {
    if (!Files.isRegularFile(state) || Files.size(state) > MAX_STATE_BYTES) {
      return false;
    }
    Map<String, Object> saved;
    try {
      saved = Json.object(Json.parse(Files.readAllBytes(state), state.toString())).orElse(Map.of());
    } catch (HubException e) {
      return false;
    }
    boolean isSame =
        file.digest().isPresent()
            ? Json.string(saved, "digest").equals(file.digest().map(Digest::toString))
            : file.etag().isPresent() && Json.string(saved, "etag").equals(file.etag());
    long size = Json.integer(saved, "range_bytes");
    if (!isSame || size < 1 || Json.integer(saved, "bytes") != file.bytes()) {
      return false;
    }
    long count = (file.bytes() + size - 1) / size;
    if (!(saved.get("done") instanceof List<?> list) || list.size() != count) {
      return false;
    }
    rangeBytes = size;
    done = new AtomicLongArray(list.size());
    for (int i = 0; i < list.size(); i++) {
      if (!(list.get(i) instanceof Long n) || n < 0 || n > length(i)) {
        return false;
      }
      done.set(i, n);
    }
    return true;
  }

  /** Flushes the data, then says what is complete: never more than the disk has. */
  void saveState() {
    Map<String, Object> object = new LinkedHashMap<>();
    object.put("model", model);
    object.put("url", file.uri());
    object.put("bytes", file.bytes());
    object.put("digest", file.digest().map(Digest::toString).orElse(null));
    object.put("etag", file.etag().orElse(null));
    object.put("range_bytes", rangeBytes);
    List<Object> list = new ArrayList<>();
    for (int i = 0; i < done.length(); i++) {
      list.add(done.get(i));
    }
    object.put("done", list);
    try {
      channel.force(false);
    } catch (IOException e) {
      throw writeError(e);
    }
    OutputFile.write(state, Json.write(object));
  }

  /** The same; an older state stays, and is right too, if it cannot be written. */
  void trySaveState() {
    try {
      saveState();
    } catch (MyelinException e) {
      // a full disk ends the download by itself
    }
  }

  /** The next range that nobody works at; -1 if there is none. */
  int claim() {
    int range = next.getAndIncrement();
    while (range < done.length() && isComplete(range)) {
      range = next.getAndIncrement();
    }
    return range < done.length() ? range : -1;
  }

  int ranges() {
    return done.length();
  }

  long rangeBytes() {
    return rangeBytes;
  }

  boolean isComplete(int range) {
    return done.get(range) == length(range);
  }

  private long length(int range) {
    return Math.min(rangeBytes, file.bytes() - range * rangeBytes);
  }

  /** The position of the first missing byte of a range. */
  long position(int range) {
    return range * rangeBytes + done.get(range);
  }

  /** The position after a range. */
  long end(int range) {
    return range * rangeBytes + length(range);
  }

  /** Writes the next bytes of a range. */
  void write(int range, byte[] bytes, int count) {
    ByteBuffer buffer = ByteBuffer.wrap(bytes, 0, count);
    try {
      while (buffer.hasRemaining()) {
        channel.write(buffer, position(range) + buffer.position());
      }
    } catch (IOException e) {
      throw writeError(e);
    }
    done.addAndGet(range, count);
  }

  /** Starts a range again, for a server that sends whole files only. */
  void clear(int range) {
    done.set(range, 0);
  }

  long doneBytes() {
    long sum = 0;
    for (int i = 0; i < done.length(); i++) {
      sum += done.get(i);
    }
    return sum;
  }

  /** The size of the complete file. */
  long bytes() {
    return file.bytes();
  }

  Path path() {
    return path;
  }

  /** Gives the complete file its final name. */
  void complete() {
    try {
      channel.force(true);
      channel.close();
      Files.move(path, target, StandardCopyOption.ATOMIC_MOVE);
      Files.deleteIfExists(state);
    } catch (IOException e) {
      throw writeError(e);
    }
  }

  /** Deletes the file: its content is wrong. */
  void delete() {
    try {
      channel.close();
      Files.deleteIfExists(path);
      Files.deleteIfExists(state);
    } catch (IOException e) {
      throw writeError(e);
    }
  }

  private HubException writeError(IOException e) {
    return new HubException(path + ": cannot be written: " + FileErrors.describe(e), e);
  }

  @Override
  public void close() {
    if (!channel.isOpen()) {
      return;
    }
    trySaveState();
    try {
      channel.close();
    } catch (IOException e) {
      // the data is flushed
    }
  }
}
