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

/** The checkpoint in the command's own jar, which commands use where no other is named. */
public final class Bundled {
  /** What its prompt is where none is given. */
  public static final String PROMPT = "Once upon a time";

  /** Its model card. */
  public static final String CARD = "docs/stories-model.md";

  /** What messages call it. */
  static final String NAME = "the bundled checkpoint";

  private static final String FILE = "stories.gguf";
  private static final String RESOURCE = "/dev/myelin/cli/" + FILE;

  private Bundled() {}

  /**
   * What it is.
   *
   * @param name the model's own
   * @param type what it is quantized to
   * @param bytes of the whole checkpoint
   * @param license as its metadata has it, empty for none
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

  /** The checkpoint; empty where the jar was built without. */
  static Optional<Checkpoint> find() {
    try (InputStream in = Bundled.class.getResourceAsStream(RESOURCE)) {
      return in == null
          ? Optional.empty()
          : Optional.of(Checkpoint.of(NAME, MemorySegment.ofArray(in.readAllBytes())));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
