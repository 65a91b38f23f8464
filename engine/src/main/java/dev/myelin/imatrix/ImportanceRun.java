package dev.myelin.imatrix;

import dev.myelin.error.CancelledException;
import dev.myelin.error.InvalidRequestException;
import dev.myelin.generate.Session;
import dev.myelin.model.Model;
import dev.myelin.tokenizer.Vocabulary;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Runs a model over a text, chunk by chunk, with a collector that observes the activations.
 * Confined to one thread at a time, except {@link #cancel}.
 */
public final class ImportanceRun {
  /** Called after each chunk. The perplexity is NaN if it is not computed. */
  @FunctionalInterface
  public interface Listener {
    void onChunk(int done, int total, double perplexity);
  }

  private final Model model;
  private final ImportanceOptions options;
  private final ImportanceCollector collector;
  private volatile boolean cancelled;
  private volatile @Nullable Session activeSession;
  private double negativeLogLikelihood;
  private long predicted;

  public ImportanceRun(Model model, ImportanceOptions options, ImportanceCollector collector) {
    this.model = model;
    this.options = options;
    this.collector = collector;
  }

  /** Ends {@link #run} soon; may be called from any thread. */
  public void cancel() {
    cancelled = true;
    Session session = activeSession;
    if (session != null) {
      session.cancel();
    }
  }

  /**
   * Runs the model over a text.
   *
   * @return number of completed chunks; less than all if {@link #cancel} was called
   * @throws InvalidRequestException if the text is too short
   */
  public int run(String text, Listener listener) {
    int[] tokens = model.tokenizer().encode(text, true, options.parseSpecial());
    int size = options.chunkSize();
    int skipped = (int) Math.min((long) options.skippedChunks() * size, tokens.length);
    if (tokens.length - skipped < 2L * size) {
      throw new InvalidRequestException(
          "%s tokens of text: expected at least %s, two chunks of %s%s"
              .formatted(
                  tokens.length,
                  skipped + 2L * size,
                  size,
                  skipped == 0 ? "" : " after those skipped"));
    }
    int available = (tokens.length - skipped) / size;
    int count = options.maxChunks() < 0 ? available : Math.min(options.maxChunks(), available);
    try (Session session = Session.open(model, options.session(), collector)) {
      activeSession = session;
      int done = 0;
      while (done < count && !cancelled) {
        int from = skipped + done * size;
        if (!runChunk(session, Arrays.copyOfRange(tokens, from, from + size))) {
          break;
        }
        done++;
        listener.onChunk(done, count, Math.exp(negativeLogLikelihood / predicted));
      }
      return done;
    } finally {
      activeSession = null;
    }
  }

  /** Runs over one chunk from an empty context; false if it was cancelled. */
  private boolean runChunk(Session session, int[] tokens) {
    int[] next = Arrays.copyOfRange(tokens, 1, tokens.length);
    Vocabulary vocabulary = model.tokenizer().vocabulary();
    if (vocabulary.addsBos() && vocabulary.bos().isPresent()) {
      tokens[0] = vocabulary.bos().getAsInt();
    }
    session.truncate(0);
    try {
      session.feedAll(
          tokens,
          (position, logits) -> {
            // tokens of the first half have too little context
            if (options.perplexity() && position >= tokens.length / 2 && position < next.length) {
              negativeLogLikelihood += negativeLogLikelihood(logits, next[position]);
              predicted++;
            }
          });
      return true;
    } catch (CancelledException e) {
      return false;
    }
  }

  /** Minus the log-probability of a token. */
  private static double negativeLogLikelihood(MemorySegment logits, int token) {
    int count = (int) (logits.byteSize() / Float.BYTES);
    float max = Float.NEGATIVE_INFINITY;
    for (int i = 0; i < count; i++) {
      max = Math.max(max, logits.getAtIndex(ValueLayout.JAVA_FLOAT, i));
    }
    double sum = 0;
    for (int i = 0; i < count; i++) {
      sum += Math.exp(logits.getAtIndex(ValueLayout.JAVA_FLOAT, i) - max);
    }
    return Math.log(sum) + max - logits.getAtIndex(ValueLayout.JAVA_FLOAT, token);
  }
}
