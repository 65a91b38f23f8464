package dev.myelin.imatrix;

import dev.myelin.error.CancelledException;
import dev.myelin.error.InvalidRequestException;
import dev.myelin.generate.Session;
import dev.myelin.model.Model;
import dev.myelin.tokenizer.Vocabulary;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/** Runs a model over a text, piece by piece, and lets a collector see what happens. */
public final class ImportanceRun {
  /** Told of each piece that is done; perplexity is NaN where it is not computed. */
  @FunctionalInterface
  public interface Listener {
    void chunk(int done, int of, double perplexity);
  }

  private final Model model;
  private final ImportanceOptions options;
  private final ImportanceCollector collector;
  private volatile boolean cancelled;
  private volatile Session running;
  private double surprise;
  private long predicted;

  public ImportanceRun(Model model, ImportanceOptions options, ImportanceCollector collector) {
    this.model = model;
    this.options = options;
    this.collector = collector;
  }

  /** Ends {@link #over} soon; any thread. */
  public void cancel() {
    cancelled = true;
    Session session = running;
    if (session != null) {
      session.cancel();
    }
  }

  /**
   * Runs over a text.
   *
   * @return pieces done; fewer than there are where {@link #cancel} was called
   * @throws InvalidRequestException if the text is too short
   */
  public int over(String text, Listener listener) {
    int[] tokens = model.tokenizer().encode(text, true, options.parseSpecial());
    int size = options.chunkSize();
    int skipped = (int) Math.min((long) options.skip() * size, tokens.length);
    if (tokens.length - skipped < 2L * size) {
      throw new InvalidRequestException(
          "%s tokens of text: expected at least %s, two chunks of %s%s"
              .formatted(
                  tokens.length,
                  skipped + 2L * size,
                  size,
                  skipped == 0 ? "" : " after those skipped"));
    }
    int all = (tokens.length - skipped) / size;
    int count = options.chunks() < 0 ? all : Math.min(options.chunks(), all);
    try (Session session = Session.open(model, options.session(), collector)) {
      running = session;
      int done = 0;
      while (done < count && !cancelled) {
        int from = skipped + done * size;
        if (!chunk(session, Arrays.copyOfRange(tokens, from, from + size))) {
          break;
        }
        done++;
        listener.chunk(done, count, Math.exp(surprise / predicted));
      }
      return done;
    } finally {
      running = null;
    }
  }

  /** Runs over one piece as a text of its own; false where it was cancelled. */
  private boolean chunk(Session session, int[] tokens) {
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
            // the first half has too little context to tell
            if (options.perplexity() && position >= tokens.length / 2 && position < next.length) {
              surprise += surprise(logits, next[position]);
              predicted++;
            }
          });
      return true;
    } catch (CancelledException e) {
      return false;
    }
  }

  /** Minus the logarithm of the probability of a token. */
  private static double surprise(MemorySegment logits, int token) {
    int count = (int) (logits.byteSize() / Float.BYTES);
    float largest = Float.NEGATIVE_INFINITY;
    for (int i = 0; i < count; i++) {
      largest = Math.max(largest, logits.getAtIndex(ValueLayout.JAVA_FLOAT, i));
    }
    double sum = 0;
    for (int i = 0; i < count; i++) {
      sum += Math.exp(logits.getAtIndex(ValueLayout.JAVA_FLOAT, i) - largest);
    }
    return Math.log(sum) + largest - logits.getAtIndex(ValueLayout.JAVA_FLOAT, token);
  }
}
