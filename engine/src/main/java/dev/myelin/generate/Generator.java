package dev.myelin.generate;

import dev.myelin.error.CancelledException;
import dev.myelin.error.ContextFullException;
import dev.myelin.model.Model;
import dev.myelin.sampling.Sampler;
import dev.myelin.sampling.SamplingOptions;
import dev.myelin.sampling.SuppressedTokens;
import dev.myelin.tokenizer.PromptText;
import dev.myelin.tokenizer.TextStream;
import dev.myelin.tokenizer.Tokenizer;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * Writes text: feeds a prompt, samples a token, feeds it, and so on. The random stream goes on from
 * one text to the next: a generator writes another text each time, and one with the same seed the
 * same texts in the same order.
 */
public final class Generator {
  private final Session session;
  private final Sampler sampler;
  private final Tokenizer tokenizer;

  /**
   * A generator for a session.
   *
   * @param sampling how tokens are chosen; {@link Model#sampling} is what the file recommends.
   *     Tokens that the file suppresses are never chosen.
   */
  public Generator(Session session, SamplingOptions sampling) {
    this.session = session;
    this.tokenizer = session.model().tokenizer();
    this.sampler =
        new Sampler(
            sampling,
            session.model().hyperparameters().vocabulary(),
            SuppressedTokens.of(tokenizer.vocabulary().suppressed()));
  }

  /** The seed in use: the one asked for, or the one chosen in its place. */
  public long seed() {
    return sampler.seed();
  }

  /**
   * Continues the session with a prompt and what the model writes after it. Control tokens in the
   * prompt are recognised; the beginning-of-text token is put before it where the session is empty
   * and the file asks for one. Use {@link #generate(PromptText, GenerateOptions, TextSink)} for
   * prompts that must not contain control tokens.
   */
  public Generation generate(String prompt, GenerateOptions options, TextSink sink) {
    return generate(PromptText.trusted(prompt), options, sink);
  }

  /** As above; control tokens are recognised in the trusted parts of the prompt only. */
  public Generation generate(PromptText prompt, GenerateOptions options, TextSink sink) {
    return generate(tokenizer.encode(prompt, session.position() == 0), options, sink);
  }

  /**
   * As above, from token ids.
   *
   * @throws ContextFullException if the prompt does not fit behind what the session holds
   */
  public Generation generate(int[] prompt, GenerateOptions options, TextSink sink) {
    int before = session.position();
    if (prompt.length > session.contextLength() - before) {
      throw ContextFullException.prompt(prompt.length, before, session.contextLength());
    }
    return run(prompt.length, () -> session.feed(prompt), prompt, options, sink, Overflow.END);
  }

  /**
   * Writes after {@code whole}, all tokens of a conversation so far: what the session already holds
   * of them at the start is not computed again.
   *
   * @throws ContextFullException if they are more than the context holds
   */
  public Generation continueFrom(int[] whole, GenerateOptions options, TextSink sink) {
    return continueFrom(whole, options, sink, Overflow.END);
  }

  /** As above, and goes on where the context is full if there is something to leave out. */
  Generation continueFrom(int[] whole, GenerateOptions options, TextSink sink, Overflow overflow) {
    if (whole.length > session.contextLength()) {
      throw ContextFullException.prompt(whole.length, 0, session.contextLength());
    }
    int fed = whole.length - session.commonPrefix(whole);
    return run(fed, () -> session.sync(whole), whole, options, sink, overflow);
  }

  /** What to do where no further token fits into the context. */
  interface Overflow {
    /** Ends the text. */
    Overflow END = written -> null;

    /**
     * All tokens to go on from, fewer than the context holds, or null to end the text.
     *
     * @param written the tokens sampled so far, with which those returned end
     */
    int[] shorter(List<Integer> written);
  }

  private interface Prefill {
    MemorySegment logits();
  }

  private Generation run(
      int fed,
      Prefill prefill,
      int[] prompt,
      GenerateOptions options,
      TextSink sink,
      Overflow overflow) {
    long start = System.nanoTime();
    sampler.clearHistory();
    for (int token : prompt) {
      sampler.accept(token);
    }
    Writer writer = new Writer(options, sink);
    long prefilled = start;
    long firstToken = start;
    try {
      MemorySegment logits = prefill.logits();
      prefilled = System.nanoTime();
      firstToken = prefilled;
      while (writer.reason == null) {
        int token = sampler.sample(logits);
        if (writer.tokens.isEmpty()) {
          firstToken = System.nanoTime();
        }
        sampler.accept(token);
        writer.write(token);
        if (writer.reason == null) {
          logits = next(token, writer, overflow);
        }
      }
    } catch (CancelledException e) {
      writer.reason = FinishReason.CANCELLED;
    }
    long end = System.nanoTime();
    writer.finish();
    Metrics metrics =
        new Metrics(
            prefilled == start ? 0 : fed,
            writer.tokens.size(),
            Duration.ofNanos(prefilled - start),
            Duration.ofNanos(end - firstToken),
            Duration.ofNanos(firstToken - start));
    return new Generation(writer.text.toString(), writer.tokens, writer.reason, metrics);
  }

  private MemorySegment next(int token, Writer writer, Overflow overflow) {
    if (session.position() < session.contextLength()) {
      return session.feed(token);
    }
    int[] shorter = overflow.shorter(writer.tokens);
    if (shorter == null) {
      writer.reason = FinishReason.CONTEXT_FULL;
      return null;
    }
    return session.sync(shorter);
  }

  /** Turns tokens into text and decides when it is enough. */
  private final class Writer {
    private final GenerateOptions options;
    private final TextSink sink;
    private final TextStream stream = new TextStream(tokenizer);
    private final StopFilter filter;
    private final List<Integer> tokens = new ArrayList<>();
    private final StringBuilder text = new StringBuilder();
    private FinishReason reason;

    Writer(GenerateOptions options, TextSink sink) {
      this.options = options;
      this.sink = sink;
      this.filter = new StopFilter(options.stop());
      if (options.maxTokens() == 0) {
        reason = FinishReason.LENGTH;
      }
    }

    void write(int token) {
      tokens.add(token);
      if (!options.ignoreEos() && tokenizer.vocabulary().isEndOfGeneration(token)) {
        reason = FinishReason.END_OF_TEXT;
        return;
      }
      show(filter.push(stream.push(token)));
      if (filter.isStopped()) {
        reason = FinishReason.STOP_STRING;
      } else if (tokens.size() == options.maxTokens()) {
        reason = FinishReason.LENGTH;
      }
    }

    /** What still waits in the stream is a part of a character, which is no text. */
    void finish() {
      show(filter.flush());
    }

    private void show(String shown) {
      if (!shown.isEmpty()) {
        text.append(shown);
        sink.accept(shown);
      }
    }
  }
}
