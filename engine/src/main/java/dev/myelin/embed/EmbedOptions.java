package dev.myelin.embed;

import dev.myelin.generate.SessionOptions;
import java.util.Optional;

/**
 * How texts are embedded. Immutable and thread-safe.
 *
 * @param session threads and context length. The default batch is raised to the context length for
 *     models that compute a text in one pass.
 * @param pooling empty for the one that the file names
 * @param normalize whether vectors are scaled to length 1; scores never are
 */
public record EmbedOptions(SessionOptions session, Optional<Pooling> pooling, boolean normalize) {
  public static EmbedOptions defaults() {
    return new EmbedOptions(SessionOptions.defaults(), Optional.empty(), true);
  }

  public EmbedOptions withSession(SessionOptions value) {
    return new EmbedOptions(value, pooling, normalize);
  }

  public EmbedOptions withPooling(Pooling value) {
    return new EmbedOptions(session, Optional.of(value), normalize);
  }

  public EmbedOptions withNormalize(boolean value) {
    return new EmbedOptions(session, pooling, value);
  }
}
