package dev.myelin.testing;

import static java.nio.file.StandardCopyOption.REPLACE_EXISTING;
import static java.nio.file.StandardOpenOption.CREATE;
import static java.nio.file.StandardOpenOption.TRUNCATE_EXISTING;
import static java.nio.file.StandardOpenOption.WRITE;

import dev.myelin.gguf.GgufWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;

/** Writes test models without waiting for the disk, which {@link GgufWriter#write} does. */
final class PlainFile {
  private PlainFile() {}

  /** Replaces a file; a mapping of the older one stays valid. */
  static void write(GgufWriter writer, Path file) {
    Path part = file.resolveSibling(file.getFileName() + ".new");
    ByteBuffer bytes = writer.toBytes().asByteBuffer();
    try (FileChannel channel = FileChannel.open(part, CREATE, WRITE, TRUNCATE_EXISTING)) {
      while (bytes.hasRemaining()) {
        channel.write(bytes);
      }
      Files.move(part, file, REPLACE_EXISTING);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
