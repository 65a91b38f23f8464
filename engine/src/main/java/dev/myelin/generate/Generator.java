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
 * Generates text: feeds a prompt, samples a token, feeds it, and so on. The random number generator
 * keeps its state between texts, so each call generates a different text. A generator with the same
 * seed generates the same texts in the same order.
 */
public final class Generator {
  private final Session session;
  private final Sampler sampler;
  private final Tokenizer tokenizer;

  /**
   * A generator for a session.
   *
   * @param sampling how tokens are sampled; {@link Model#sampling} returns what the file
   *     recommends. Tokens that the file suppresses are never sampled.
   */
  public Generator(Session session, SamplingOptions sampling) {
    this.session = session;
    this.tokenizer = session.model().tokenizer();
    this.sampler =
        new Sampler(
            sampling,
            session.model().hyperparameters().vocabulary(),
            SuppressedTokens.of(tokenizer.vocabulary().suppressedTokens()));
  }

  /** The seed in use: the requested one, or the one chosen at random. */
  public long seed() {
    return sampler.seed();
  }

  /**
   * Appends a prompt to the session and generates the text after it. Control tokens in the prompt
   * are parsed. BOS is added if the session is empty and the tokenizer adds it. Use {@link
   * #generate(PromptText, GenerateOptions, TextSink)} for prompts that must not contain control
   * tokens.
   */
  public Generation generate(String prompt, GenerateOptions options, TextSink sink) {
    return generate(PromptText.trusted(prompt), options, sink);
  }

  /** As above; control tokens are parsed in the trusted parts of the prompt only. */
  public Generation generate(PromptText prompt, GenerateOptions options, TextSink sink) {
    return generate(tokenizer.encode(prompt, session.position() == 0), options, sink);
  }

  /**
   * As above, from token ids.
   *
   * @throws ContextFullException if the prompt does not fit into the rest of the context
   */
  public Generation generate(int[] prompt, GenerateOptions options, TextSink sink) {
    int position = session.position();
    if (prompt.length > session.contextLength() - position) {
      throw ContextFullException.prompt(prompt.length, position, session.contextLength());
    }
    return run(
        prompt.length, () -> session.feed(prompt), prompt, options, sink, OverflowHandler.STOP);
  }

  /**
   * Generates after {@code tokens}, the whole conversation so far. The prefix that the session
   * already holds is not computed again.
   *
   * @throws ContextFullException if the tokens do not fit into the context
   */
  public Generation continueFrom(int[] tokens, GenerateOptions options, TextSink sink) {
    return continueFrom(tokens, options, sink, OverflowHandler.STOP);
  }

  /** As above; when the context is full, continues if the handler can shorten the tokens. */
  Generation continueFrom(
      int[] tokens, GenerateOptions options, TextSink sink, OverflowHandler overflowHandler) {
    if (tokens.length > session.contextLength()) {
      throw ContextFullException.prompt(tokens.length, 0, session.contextLength());
    }
    int promptTokens = tokens.length - session.commonPrefix(tokens);
    return run(promptTokens, () -> session.sync(tokens), tokens, options, sink, overflowHandler);
  }

  /** Called when no further token fits into the context. */
  interface OverflowHandler {
    /** Ends the text. */
    OverflowHandler STOP = written -> null;

    /**
     * All tokens to continue from, fewer than the context holds, or null to end the text.
     *
     * @param generated the tokens sampled so far; the returned tokens end with them
     */
    int[] truncate(List<Integer> generated);
  }

  private interface Prefill {
    MemorySegment run();
  }

  private Generation run(
      int promptTokens,
      Prefill prefill,
      int[] prompt,
      GenerateOptions options,
      TextSink sink,
      OverflowHandler overflowHandler) {
    long start = System.nanoTime();
    sampler.clearHistory();
    for (int token : prompt) {
      sampler.accept(token);
    }
    Writer writer = new Writer(options, sink);
    long prefillEnd = start;
    long firstToken = start;
    try {
      MemorySegment logits = prefill.run();
      prefillEnd = System.nanoTime();
      firstToken = prefillEnd;
      while (writer.reason == null) {
        int token = sampler.sample(logits);
        if (writer.tokens.isEmpty()) {
          firstToken = System.nanoTime();
        }
        sampler.accept(token);
        writer.write(token);
        if (writer.reason == null) {
          logits = next(token, writer, overflowHandler);
        }
      }
    } catch (CancelledException e) {
      writer.reason = FinishReason.CANCELLED;
    }
    long end = System.nanoTime();
    writer.finish();
    Metrics metrics =
        new Metrics(
            prefillEnd == start ? 0 : promptTokens,
            writer.tokens.size(),
            Duration.ofNanos(prefillEnd - start),
            Duration.ofNanos(end - firstToken),
            Duration.ofNanos(firstToken - start));
    return new Generation(writer.text.toString(), writer.tokens, writer.reason, metrics);
  }

  private MemorySegment next(int token, Writer writer, OverflowHandler overflowHandler) {
    if (session.position() < session.contextLength()) {
      return session.feed(token);
    }
    int[] truncated = overflowHandler.truncate(writer.tokens);
    if (truncated == null) {
      writer.reason = FinishReason.CONTEXT_FULL;
      return null;
    }
    return session.sync(truncated);
  }

  /** Decodes tokens to text and detects the end of the generation. */
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
      emit(filter.push(stream.push(token)));
      if (filter.isStopped()) {
        reason = FinishReason.STOP_STRING;
      } else if (tokens.size() == options.maxTokens()) {
        reason = FinishReason.LENGTH;
      }
    }

    /** Flushes the filter. Bytes left in the stream are an incomplete character and are dropped. */
    void finish() {
      emit(filter.flush());
    }

    private void emit(String piece) {
      if (!piece.isEmpty()) {
        text.append(piece);
        sink.accept(piece);
      }
    }
  }
}
