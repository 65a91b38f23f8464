package dev.myelin.cli.run;

import dev.myelin.cli.io.JsonInput;
import dev.myelin.cli.io.TextInput;
import dev.myelin.error.InvalidRequestException;
import dev.myelin.error.MyelinException;
import java.io.IOException;
import java.io.InputStream;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;

/**
 * A file of results that grows line by line, so that an interrupted run can be continued: after the
 * process has ended in any way, at most the last line is incomplete. Confined to one thread at a
 * time.
 */
final class ResultFile implements ResultOutput {
  private static final int MAX_LINE_BYTES = 256 << 20;

  private final Path path;
  // not a channel: that is closed by an interrupt
  private final RandomAccessFile file;
  private final boolean isRegular;
  private long length;
  private int done;
  private int failed;

  private ResultFile(Path path) {
    this.path = path;
    isRegular = !Files.exists(path) || Files.isRegularFile(path);
    try {
      file = new RandomAccessFile(path.toFile(), "rw");
    } catch (IOException e) {
      throw TextInput.fileError(path.toString(), e);
    }
  }

  /**
   * A new file.
   *
   * @param overwrite whether to replace an existing file
   * @throws MyelinException if it exists, or cannot be written
   */
  static ResultFile create(Path path, boolean overwrite) {
    requireNew(path, overwrite);
    ResultFile results = new ResultFile(path);
    results.cut();
    return results;
  }

  /** Rejects a file that exists and is not empty, unless it is to be replaced. */
  static void requireNew(Path path, boolean overwrite) {
    try {
      if (!overwrite && Files.isRegularFile(path) && Files.size(path) > 0) {
        throw new MyelinException(
            path + ": exists: expected --resume to continue that run, or --overwrite");
      }
    } catch (IOException e) {
      throw TextInput.fileError(path.toString(), e);
    }
  }

  /**
   * Continues a file after its last complete line; creates it if there is none. The results must be
   * those of the first prompts, which are skipped.
   *
   * @throws InvalidRequestException if they are not, with the line; the file is unchanged
   */
  static ResultFile resume(Path path, PromptFile prompts) {
    ResultFile results = new ResultFile(path);
    try {
      if (results.isRegular) {
        results.skip(prompts);
        results.cut();
      }
      return results;
    } catch (RuntimeException e) {
      results.close();
      throw e;
    }
  }

  private void skip(PromptFile prompts) {
    try (InputStream in = Files.newInputStream(path);
        LineReader lines = new LineReader(in, path.toString(), MAX_LINE_BYTES)) {
      for (byte[] line = lines.next(); line != null; line = lines.next()) {
        if (!lines.isComplete()) {
          return;
        }
        check(new String(line, StandardCharsets.UTF_8), lines.place(), prompts.next());
        length = lines.offset();
        done++;
      }
    } catch (IOException e) {
      throw error(e);
    }
  }

  private void check(String line, String place, PromptLine prompt) {
    Map<String, Object> fields = JsonInput.parseLine(line, place);
    Object index = fields.get("index");
    if (!Integer.valueOf(done).equals(index)) {
      throw new InvalidRequestException(
          "%s: index = %s: expected %s, as in a result of `myelin run --parallel`"
              .formatted(place, JsonInput.describe(index), done));
    }
    if (prompt == null) {
      throw new InvalidRequestException(place + ": is the result of no prompt: there are " + done);
    }
    if (!Objects.equals(PromptRequest.Id.of(fields), id(prompt))) {
      throw new InvalidRequestException(
          "%s: is not the result of %s: they differ in id".formatted(place, prompt.place()));
    }
    failed += fields.containsKey("error") ? 1 : 0;
  }

  private static PromptRequest.Id id(PromptLine prompt) {
    try {
      return prompt.problem() != null
          ? null
          : PromptRequest.Id.of(JsonInput.parseLine(prompt.text(), prompt.place()));
    } catch (InvalidRequestException e) {
      return null; // as when it failed
    }
  }

  @Override
  public int done() {
    return done;
  }

  @Override
  public int failed() {
    return failed;
  }

  /** Removes what follows the last complete line. */
  private void cut() {
    try {
      if (isRegular) {
        file.setLength(length);
        file.seek(length);
      }
    } catch (IOException e) {
      throw error(e);
    }
  }

  @Override
  public void write(String line) {
    byte[] bytes = line.getBytes(StandardCharsets.UTF_8);
    try {
      file.write(bytes); // one call: another process sees the whole line
      length += bytes.length;
    } catch (IOException e) {
      try {
        cut(); // a full disk may have room for a part
      } catch (MyelinException second) {
        e.addSuppressed(second);
      }
      throw error(e);
    }
  }

  private MyelinException error(IOException e) {
    return TextInput.fileError(path.toString(), e);
  }

  @Override
  public void close() {
    try {
      if (isRegular) {
        file.getFD().sync();
      }
      file.close();
    } catch (IOException e) {
      throw error(e);
    }
  }
}
