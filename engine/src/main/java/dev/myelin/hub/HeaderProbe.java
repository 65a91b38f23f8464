package dev.myelin.hub;

import dev.myelin.error.ModelFileException;
import dev.myelin.file.FileErrors;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * The headers of a model's files, read by range requests into sparse files of the final sizes. What
 * reads no weights can open these as the model.
 */
final class HeaderProbe implements AutoCloseable {
  /** Bytes of a first part, and of later ones. A vocabulary takes up to 20 MB. */
  private static final int[][] SIZES = {
    {2 << 20, 1 << 18}, {8 << 20, 1 << 20}, {48 << 20, 8 << 20}
  };

  private static final int BUFFER_BYTES = 1 << 16;

  private final Http http;
  private final RemoteModel model;
  private final HubSettings settings;
  private final Path folder;
  private final List<String> names;
  private final long[] present;

  HeaderProbe(Http http, RemoteModel model, HubSettings settings) {
    this.http = http;
    this.model = model;
    this.settings = settings;
    this.names = FileNames.local(model);
    this.present = new long[names.size()];
    try {
      folder = Files.createTempDirectory("myelin-header-");
    } catch (IOException e) {
      throw new HubException("temporary folder: " + FileErrors.describe(e), e);
    }
  }

  /** What is done with the file. */
  interface Use<T> {
    T apply(Path file);
  }

  /**
   * Opens the model's file, again with more of it if the header is longer than what is there.
   *
   * @throws ModelFileException if it is no model
   */
  <T> T open(Use<T> use) {
    for (int i = 0; ; i++) {
      for (int j = 0; j < names.size(); j++) {
        fetch(j, Math.min(SIZES[i][j == 0 ? 0 : 1], model.files().get(j).bytes()));
      }
      try {
        return use.apply(path());
      } catch (ModelFileException e) {
        boolean isWhole = true;
        for (int j = 0; j < names.size(); j++) {
          isWhole &= present[j] == model.files().get(j).bytes();
        }
        if (isWhole || i == SIZES.length - 1 || !isGguf()) {
          throw e;
        }
      }
    }
  }

  Path path() {
    return folder.resolve(names.getFirst());
  }

  private boolean isGguf() {
    try (RandomAccessFile file = new RandomAccessFile(path().toFile(), "r")) {
      return file.readInt() == 0x47475546; // "GGUF"
    } catch (IOException e) {
      return false;
    }
  }

  private void fetch(int index, long bytes) {
    RemoteFile remote = model.files().get(index);
    long from = present[index];
    if (from >= bytes) {
      return;
    }
    Map<String, String> range = Map.of("Range", "bytes=" + from + "-" + (bytes - 1));
    try (Response response = http.get(remote.uri(), range)) {
      boolean isPart = response.status() == 206 && response.position() == from;
      if (!isPart && response.status() != 200) {
        throw ServerErrors.of(response, remote.name(), settings.token().isPresent());
      }
      if (response.fileBytes().isPresent() && response.fileBytes().getAsLong() != remote.bytes()) {
        throw new HubException(
            "%s: the server sends %s bytes, expected %s"
                .formatted(remote.name(), response.fileBytes().getAsLong(), remote.bytes()));
      }
      write(index, isPart ? from : 0, read(response, (int) (bytes - (isPart ? from : 0))));
      present[index] = bytes;
    } catch (IOException e) {
      throw new HubException(remote.uri().getHost() + ": " + Http.describe(e), e);
    }
  }

  private static byte[] read(Response response, int count) throws IOException {
    byte[] buffer = new byte[BUFFER_BYTES];
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(count);
    while (bytes.size() < count) {
      int read = response.read(buffer, Math.min(buffer.length, count - bytes.size()));
      if (read < 0) {
        throw new IOException("the connection was cut");
      }
      bytes.write(buffer, 0, read);
    }
    return bytes.toByteArray();
  }

  private void write(int index, long position, byte[] bytes) {
    Path path = folder.resolve(names.get(index));
    try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw")) {
      file.setLength(model.files().get(index).bytes());
      file.seek(position);
      file.write(bytes);
    } catch (IOException e) {
      throw new HubException(path + ": cannot be written: " + FileErrors.describe(e), e);
    }
  }

  @Override
  public void close() {
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.toList()) {
        Files.deleteIfExists(file);
      }
      Files.deleteIfExists(folder);
    } catch (IOException e) {
      // the system cleans its temporary folder
    }
  }
}
