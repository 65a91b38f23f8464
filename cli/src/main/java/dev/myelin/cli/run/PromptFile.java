package dev.myelin.cli.run;

import dev.myelin.cli.io.Console;
import dev.myelin.cli.io.TextInput;
import dev.myelin.error.InvalidRequestException;
import dev.myelin.error.MyelinException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** A file with a prompt on each line, in JSON. Confined to one thread at a time. */
final class PromptFile implements AutoCloseable {
  /** The longest line: more than the text of a context of a million tokens. */
  static final int MAX_LINE_BYTES = 16 << 20;

  private final String name;
  private final LineReader lines;
  private int index;

  private PromptFile(InputStream in, String name) {
    this.name = name;
    lines = new LineReader(in, name, MAX_LINE_BYTES);
  }

  /** Opens a file; {@code -} is standard input, which stays open. */
  static PromptFile open(Console console, Path file) {
    if (isStandardInput(file)) {
      return new PromptFile(console.in(), TextInput.STANDARD_INPUT);
    }
    try {
      return new PromptFile(Files.newInputStream(file), file.toString());
    } catch (IOException e) {
      throw TextInput.fileError(file.toString(), e);
    }
  }

  static boolean isStandardInput(Path file) {
    return file.toString().equals("-");
  }

  /** The name of the file in messages. */
  String name() {
    return name;
  }

  /** The number of prompts in a file; -1 if it can be read only once. */
  static long count(Console console, Path file) {
    if (isStandardInput(file) || !Files.isRegularFile(file)) {
      return -1;
    }
    try (PromptFile prompts = open(console, file)) {
      long count = 0;
      while (prompts.nextBytes() != null) {
        count++;
      }
      return count;
    }
  }

  /**
   * The next line that is not blank; null after the last one.
   *
   * @throws InvalidRequestException if the file is not UTF-8 from its start on
   */
  PromptLine next() {
    byte[] bytes = nextBytes();
    if (bytes == null) {
      return null;
    }
    String place = lines.place();
    int i = index++;
    if (lines.isTooLong()) {
      String problem = place + ": expected at most " + MAX_LINE_BYTES + " bytes";
      return new PromptLine(i, place, null, problem);
    }
    try {
      return new PromptLine(i, place, TextInput.decode(bytes, 0, place), null);
    } catch (InvalidRequestException e) {
      return new PromptLine(i, place, null, e.getMessage());
    }
  }

  private byte[] nextBytes() {
    try {
      byte[] line = lines.next();
      while (line != null && !lines.isTooLong() && isBlank(line)) {
        line = lines.next();
      }
      return line;
    } catch (IOException e) {
      throw error(e);
    }
  }

  private MyelinException error(IOException e) {
    return name.equals(TextInput.STANDARD_INPUT)
        ? TextInput.standardInputError(e)
        : TextInput.fileError(name, e);
  }

  private static boolean isBlank(byte[] line) {
    return new String(line, StandardCharsets.ISO_8859_1).isBlank();
  }

  @Override
  public void close() {
    if (!name.equals(TextInput.STANDARD_INPUT)) {
      try {
        lines.close();
      } catch (IOException e) {
        throw error(e);
      }
    }
  }
}
