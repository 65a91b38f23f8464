package dev.myelin.cli.io;

import dev.myelin.gguf.Checkpoint;
import dev.myelin.gguf.GgufFile;
import dev.myelin.gguf.Metadata;
import dev.myelin.inspect.Inspection;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.util.Optional;

/** The model in the command's own jar, which commands use if no other is named. */
public final class BundledModel {
  /** Its prompt if none is given. */
  public static final String DEFAULT_PROMPT = "Once upon a time";

  /** Its model card. */
  public static final String MODEL_CARD = "docs/stories-model.md";

  /** Its name in messages. */
  public static final String NAME = "the bundled model";

  private static final String FILE = "stories.gguf";
  private static final String RESOURCE = "/dev/myelin/cli/" + FILE;

  private BundledModel() {}

  /**
   * What {@code info} shows.
   *
   * @param name from its metadata
   * @param type the file type, such as Q8_0
   * @param bytes size of the file
   * @param license from its metadata, empty if not stated
   */
  public record Summary(String name, long parameters, String type, long bytes, String license) {
    public static Summary of(Checkpoint checkpoint) {
      try (GgufFile file = checkpoint.open()) {
        Metadata metadata = file.metadata();
        Inspection inspection = Inspection.of(file);
        return new Summary(
            metadata.optString("general.name").orElse(FILE),
            inspection.total().parameters(),
            inspection.fileType().label(),
            inspection.fileBytes(),
            metadata.optString("general.license").orElse(""));
      }
    }
  }

  /** The model; empty if the jar was built without one. */
  static Optional<Checkpoint> find() {
    try (InputStream in = BundledModel.class.getResourceAsStream(RESOURCE)) {
      return in == null
          ? Optional.empty()
          : Optional.of(Checkpoint.of(NAME, MemorySegment.ofArray(in.readAllBytes())));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
