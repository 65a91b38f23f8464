package dev.myelin.generate;

import dev.myelin.error.CancelledException;
import dev.myelin.error.ContextFullException;
import dev.myelin.error.InvalidRequestException;
import dev.myelin.model.Model;
import dev.myelin.sampling.Sampler;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One text while it is generated: feeds the prompt, then samples a token and feeds it, until a
 * piece of text is complete. Used by one thread at a time, as {@link RunSlot} grants it.
 */
final class GenerationRun {
  /**
   * The tokens to continue.
   *
   * @param append whether they follow those of the session, rather than being all of them
   */
  record Prompt(int[] tokens, boolean append) {}

  /** What is continued, and what happens at the end. */
  interface Source {
    /** Called once, by the first step. */
    Prompt prompt();

    /**
     * Called when no further token fits into the context.
     *
     * @param generated the tokens sampled so far; the returned tokens end with them
     * @return all tokens to continue from, fewer than the context holds, or null to end the text
     */
    default int @Nullable [] truncate(List<Integer> generated) {
      return null;
    }

    /** Called when the text ended without an exception. */
    default void ended(Generation generation) {}
  }

  private static final int NO_TOKEN = -1;

  private final Session session;
  private final Sampler sampler;
  private final Source source;
  private final Consumer<Generation> ended;
  private final TextWriter writer;
  private final Clock clock = new Clock();
  private @Nullable GenerationReport report;
  private int promptTokens;
  private int loadedTokens;
  private boolean begun;
  private boolean flushed;
  private volatile @Nullable Generation result;

  /**
   * @param ended called after the source
   */
  GenerationRun(
      Session session,
      Sampler sampler,
      GenerateOptions options,
      Source source,
      Consumer<Generation> ended) {
    this.session = session;
    this.sampler = sampler;
    this.source = source;
    this.ended = ended;
    this.writer = new TextWriter(options, session.model().tokenizer());
  }

  /** The next piece of text, or null at the end. An exception ends the run. */
  @Nullable String next() {
    if (result != null) {
      return null;
    }
    clock.resume();
    try {
      while (writer.reason() == null || !begun) {
        String text = step();
        if (!text.isEmpty()) {
          return text;
        }
      }
    } catch (CancelledException e) {
      writer.end(FinishReason.CANCELLED);
    } finally {
      clock.pause();
    }
    if (!flushed) {
      flushed = true;
      String rest = writer.flush();
      if (!rest.isEmpty()) {
        return rest;
      }
    }
    end();
    return null;
  }

  /** Whether the next call of {@link #next} may return text. */
  boolean hasMore() {
    return result == null && (writer.reason() == null || !begun || !flushed);
  }

  /** Ends the run between two steps. */
  void cancelled() {
    if (result == null) {
      if (writer.reason() == null) {
        writer.end(FinishReason.CANCELLED);
      }
      writer.flush();
      end();
    }
  }

  /** Takes all steps. */
  Generation finish(TextSink sink) {
    for (String text = next(); text != null; text = next()) {
      sink.accept(text);
    }
    return Objects.requireNonNull(result);
  }

  private String step() {
    MemorySegment logits = begun ? feedLast() : feedPrompt();
    if (logits == null || writer.reason() != null) {
      return "";
    }
    int token = sampler.sample(logits);
    clock.sampled();
    sampler.accept(token);
    return writer.write(token);
  }

  private MemorySegment feedPrompt() {
    Prompt prompt = source.prompt();
    boolean hasEncoder = session.model().info().hasEncoder();
    int[] tokens = prompt.tokens();
    int before = prompt.append() && !hasEncoder ? session.position() : 0;
    if (tokens.length > session.contextLength() - before) {
      throw ContextFullException.prompt(tokens.length, before, session.contextLength());
    }
    begun = true;
    int reused = prompt.append() || hasEncoder ? 0 : session.commonPrefix(tokens);
    GenerationReport begins = new GenerationReport(session);
    report = begins;
    clock.start();
    sampler.clearHistory();
    MemorySegment logits = hasEncoder ? encode(tokens) : feed(prompt);
    loadedTokens = session.loadedTokens();
    promptTokens = tokens.length - reused - loadedTokens;
    clock.prefilled();
    begins.prefilled(promptTokens);
    return logits;
  }

  private MemorySegment feed(Prompt prompt) {
    for (int token : prompt.tokens()) {
      sampler.accept(token);
    }
    return prompt.append() ? session.feed(prompt.tokens()) : session.sync(prompt.tokens());
  }

  /** Passes a prompt to the encoder, and begins the decoder's text. */
  private MemorySegment encode(int[] tokens) {
    Model model = session.model();
    int start =
        model
            .info()
            .decoderStart()
            .orElseGet(() -> model.tokenizer().vocabulary().bos().orElse(NO_TOKEN));
    if (start == NO_TOKEN) {
      throw new InvalidRequestException(
          "the model has neither %s.decoder_start_token_id nor a BOS token"
              .formatted(model.info().architecture()));
    }
    session.encode(tokens);
    sampler.accept(start);
    return session.feed(start);
  }

  private @Nullable MemorySegment feedLast() {
    if (session.position() < session.contextLength()) {
      return session.feed(writer.tokens().getLast());
    }
    int[] truncated = source.truncate(writer.tokens());
    if (truncated == null) {
      writer.end(FinishReason.CONTEXT_FULL);
      return null;
    }
    return session.sync(truncated);
  }

  private void end() {
    FinishReason reason = Objects.requireNonNull(writer.reason());
    List<Integer> tokens = writer.tokens();
    Generation generation =
        new Generation(
            writer.text(),
            tokens,
            reason,
            clock.metrics(promptTokens, loadedTokens, tokens.size()));
    if (report != null) {
      report.ended(generation);
    }
    source.ended(generation);
    ended.accept(generation);
    result = generation;
  }

  /** Measures the steps, without the time between them. */
  private static final class Clock {
    private long start;
    private long prefilled;
    private long firstToken;
    private long paused;
    private long waited;

    void start() {
      start = System.nanoTime();
      prefilled = start;
      firstToken = start;
      waited = 0;
    }

    void prefilled() {
      prefilled = System.nanoTime();
      firstToken = prefilled;
    }

    void sampled() {
      if (firstToken == prefilled) {
        firstToken = System.nanoTime();
      }
    }

    void pause() {
      paused = System.nanoTime();
    }

    void resume() {
      waited += paused == 0 ? 0 : System.nanoTime() - paused;
    }

    Metrics metrics(int promptTokens, int loadedTokens, int tokens) {
      return new Metrics(
          promptTokens,
          loadedTokens,
          tokens,
          Duration.ofNanos(prefilled - start),
          Duration.ofNanos(Math.max(0, paused - firstToken - waited)),
          Duration.ofNanos(firstToken - start));
    }
  }
}
