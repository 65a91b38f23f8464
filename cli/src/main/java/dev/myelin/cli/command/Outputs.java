package dev.myelin.cli.command;

import dev.myelin.cli.io.Input;
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
 * The files that a command reads and those that it writes. No output may be an input or another
 * output, and all must be writable: {@link #check} finds out before any work is done.
 */
public final class Outputs {
  private static final Path STANDARD = Path.of("-");

  private final Subcommand command;
  private final Map<FileId, String> inputs = new HashMap<>();
  private final Map<String, Path> outputs = new LinkedHashMap<>();
  private final Set<String> others = new HashSet<>();

  public Outputs(Subcommand command) {
    this.command = command;
  }

  /**
   * A file that is read.
   *
   * @param option what the user calls it
   * @param file null where it is not given; {@code -} is standard input
   */
  public Outputs reads(String option, Path file) {
    if (file != null && !file.equals(STANDARD)) {
      FileId.of(file).ifPresent(id -> inputs.putIfAbsent(id, option + " " + file));
    }
    return this;
  }

  /** Files that are read. */
  public Outputs reads(String option, List<Path> files) {
    files.forEach(file -> reads(option, file));
    return this;
  }

  /** The model, with every part of a split one. */
  public Outputs reads(Checkpoint model) {
    return reads("the model", model.files());
  }

  /**
   * A file that is written.
   *
   * @param option what the user calls it
   * @param file null where it is not given
   */
  public Outputs writes(String option, Path file) {
    if (file == null) {
      return this;
    }
    if (file.equals(STANDARD)) {
      throw Usage.wrong(
          command.spec, option + " -: expected a file's name (./- is a file called -)");
    }
    outputs.put(option, file);
    return this;
  }

  /** Such a file that is not a checkpoint: a mistyped name must not replace a model. */
  public Outputs writesOther(String option, Path file) {
    others.add(option);
    return writes(option, file);
  }

  /**
   * Wrong usage where two of the files are one.
   *
   * @throws dev.myelin.error.MyelinException naming an output that cannot be written
   */
  public void check() {
    Map<FileId, String> taken = new HashMap<>(inputs);
    outputs.forEach(
        (option, file) ->
            FileId.of(file)
                .ifPresent(
                    id -> {
                      String name = option + " " + file;
                      String other = taken.putIfAbsent(id, name);
                      if (other != null) {
                        throw Usage.wrong(
                            command.spec,
                            name
                                + " and "
                                + other
                                + " are one file: expected another file to write");
                      }
                    }));
    outputs.forEach(
        (option, file) -> {
          if (others.contains(option) && isCheckpoint(file)) {
            throw new InvalidRequestException(
                option + " " + file + ": is a checkpoint: expected another file to write");
          }
          OutputFile.check(file, 0);
        });
  }

  private static boolean isCheckpoint(Path file) {
    if (!Files.isRegularFile(file) || !Files.isReadable(file)) {
      return false;
    }
    try (InputStream in = Files.newInputStream(file)) {
      return new String(in.readNBytes(4), StandardCharsets.ISO_8859_1).equals("GGUF");
    } catch (IOException e) {
      throw Input.failure(file.toString(), e);
    }
  }
}
