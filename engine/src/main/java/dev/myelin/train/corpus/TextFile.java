package dev.myelin.train.corpus;

import dev.myelin.error.InvalidRequestException;
import dev.myelin.tokenizer.EncodingDetector;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemLoopException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/**
 * A text file read into off-heap memory: UTF-8, without a byte order mark, with LF line endings. It
 * is copied rather than mapped, so that a later change of the file does no harm.
 */
final class TextFile {
  private static final int BLOCK_SIZE = 1 << 20;

  private final Path file;
  private final Utf8Validator utf8 = new Utf8Validator();
  private final byte[] block = new byte[BLOCK_SIZE];
  private final byte[] normalized = new byte[BLOCK_SIZE + 1];
  private MemorySegment text;
  private long size;
  private boolean afterCarriageReturn;

  private TextFile(Path file, long expected) {
    this.file = file;
    this.text = Arena.ofAuto().allocate(expected + 1);
  }

  /**
   * Reads a file or a pipe to its end.
   *
   * @throws InvalidRequestException if it cannot be read or is not UTF-8
   */
  static MemorySegment read(Path file) {
    try (InputStream in = Files.newInputStream(file)) {
      return new TextFile(file, Files.size(file)).read(in);
    } catch (IOException e) {
      throw unreadable(file, e);
    }
  }

  static InvalidRequestException unreadable(Path file, IOException e) {
    String why =
        switch (e) {
          case NoSuchFileException none -> "no such file";
          case AccessDeniedException denied -> "permission denied";
          case FileSystemLoopException loop -> "a link to a parent folder";
          default -> String.valueOf(e.getMessage());
        };
    return new InvalidRequestException(file + ": cannot be read: " + why);
  }

  private MemorySegment read(InputStream in) throws IOException {
    for (int n = in.read(block); n >= 0; n = in.read(block)) {
      if (size == 0) {
        requireNoOtherEncoding(n);
      }
      requireUtf8(utf8.add(block, n));
      append(n);
    }
    requireUtf8(utf8.end());
    if (afterCarriageReturn) {
      normalized[0] = '\r';
      append(normalized, 1);
    }
    byte[] start = text.asSlice(0, Math.min(size, 3)).toArray(ValueLayout.JAVA_BYTE);
    long from = EncodingDetector.byteOrderMarkLength(start, start.length);
    return text.asSlice(from, size - from).asReadOnly();
  }

  private void requireNoOtherEncoding(int n) {
    EncodingDetector.detectNonUtf8(block, n)
        .ifPresent(
            other -> {
              throw new InvalidRequestException(
                  file + ": this is " + other + ": expected text in UTF-8");
            });
  }

  private void requireUtf8(long offset) {
    if (offset != Utf8Validator.VALID) {
      throw new InvalidRequestException(
          file + ": byte " + offset + ": not UTF-8: expected text in UTF-8");
    }
  }

  /** Appends {@code block[0..n)}, without carriage returns before line feeds. */
  private void append(int n) {
    int count = 0;
    for (int i = 0; i < n; i++) {
      byte b = block[i];
      if (afterCarriageReturn && b != '\n') {
        normalized[count++] = '\r';
      }
      afterCarriageReturn = b == '\r';
      if (!afterCarriageReturn) {
        normalized[count++] = b;
      }
    }
    append(normalized, count);
  }

  private void append(byte[] bytes, int count) {
    if (size + count > text.byteSize()) {
      MemorySegment larger = Arena.ofAuto().allocate(2 * (size + count));
      larger.copyFrom(text.asSlice(0, size));
      text = larger;
    }
    MemorySegment.copy(bytes, 0, text, ValueLayout.JAVA_BYTE, size, count);
    size += count;
  }
}
