package dev.myelin.cli.command;

import dev.myelin.cli.io.TextInput;
import dev.myelin.error.InvalidRequestException;
import dev.myelin.file.FileId;
import dev.myelin.file.OutputFile;
import dev.myelin.gguf.Checkpoint;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The files that a command reads and writes. An output must not be an input or another output, and
 * must be writable. {@link #check} verifies this before any work is done.
 */
public final class CommandFiles {
  private static final Path STANDARD_STREAM = Path.of("-");

  private final Subcommand command;
  private final Map<FileId, String> inputs = new HashMap<>();
  private final Map<String, Path> outputs = new LinkedHashMap<>();
  private final Set<String> nonModels = new HashSet<>();

  public CommandFiles(Subcommand command) {
    this.command = command;
  }

  /**
   * Adds a file that is read.
   *
   * @param option the option or parameter that names it
   * @param file null if not given; {@code -} is standard input
   */
  public CommandFiles reads(String option, Path file) {
    if (file != null && !file.equals(STANDARD_STREAM)) {
      FileId.of(file).ifPresent(id -> inputs.putIfAbsent(id, option + " " + file));
    }
    return this;
  }

  /** Adds files that are read. */
  public CommandFiles reads(String option, List<Path> files) {
    files.forEach(file -> reads(option, file));
    return this;
  }

  /** Adds the model, with all parts of a split one. */
  public CommandFiles reads(Checkpoint model) {
    return reads("the model", model.files());
  }

  /**
   * Adds a file that is written.
   *
   * @param option the option or parameter that names it
   * @param file null if not given
   */
  public CommandFiles writes(String option, Path file) {
    if (file == null) {
      return this;
    }
    if (file.equals(STANDARD_STREAM)) {
      throw Usage.error(
          command.spec, option + " -: expected a file name (./- is the file named -)");
    }
    outputs.put(option, file);
    return this;
  }

  /** Adds a written file that must not replace a model: a mistyped name could be one. */
  public CommandFiles writesNonModel(String option, Path file) {
    nonModels.add(option);
    return writes(option, file);
  }

  /**
   * Checks that the files are distinct, else it is wrong usage, and that outputs are writable.
   *
   * @throws dev.myelin.error.MyelinException naming the output that is not writable
   */
  public void check() {
    Map<FileId, String> seen = new HashMap<>(inputs);
    outputs.forEach(
        (option, file) ->
            FileId.of(file)
                .ifPresent(
                    id -> {
                      String name = option + " " + file;
                      String other = seen.putIfAbsent(id, name);
                      if (other != null) {
                        throw Usage.error(
                            command.spec,
                            name
                                + " and "
                                + other
                                + " are the same file: expected another output file");
                      }
                    }));
    outputs.forEach(
        (option, file) -> {
          if (nonModels.contains(option) && isModel(file)) {
            throw new InvalidRequestException(
                option + " " + file + ": is a model: expected another output file");
          }
          OutputFile.check(file, 0);
        });
  }

  private static boolean isModel(Path file) {
    if (!Files.isRegularFile(file) || !Files.isReadable(file)) {
      return false;
    }
    try (InputStream in = Files.newInputStream(file)) {
      return new String(in.readNBytes(4), StandardCharsets.ISO_8859_1).equals("GGUF");
    } catch (IOException e) {
      throw TextInput.fileError(file.toString(), e);
    }
  }
}
