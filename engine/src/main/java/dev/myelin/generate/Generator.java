package dev.myelin.generate;

import dev.myelin.error.CancelledException;
import dev.myelin.model.Model;
import dev.myelin.sampling.Sampler;
import dev.myelin.sampling.SamplingOptions;
import dev.myelin.sampling.SuppressedTokens;
import dev.myelin.tokenizer.TextStream;
import dev.myelin.tokenizer.Tokenizer;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Writes text: feeds a prompt, samples a token, feeds it, and so on. */
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

  /**
   * Continues the session with a prompt and what the model writes after it. Special tokens in the
   * prompt are recognised; the beginning-of-text token is put before it where the session is empty
   * and the file asks for one. Use {@link #generate(int[], GenerateOptions, TextSink)} for prompts
   * that must not contain special tokens.
   */
  public Generation generate(String prompt, GenerateOptions options, TextSink sink) {
    boolean first = session.position() == 0;
    return generate(tokenizer.encode(prompt, first, true), options, sink);
  }

  /** Likewise from token ids. */
  public Generation generate(int[] prompt, GenerateOptions options, TextSink sink) {
    return run(prompt.length, () -> session.feed(prompt), prompt, options, sink);
  }

  /**
   * Writes after {@code whole}, all tokens of a conversation so far: what the session already holds
   * of them at the start is not computed again.
   */
  public Generation continueFrom(int[] whole, GenerateOptions options, TextSink sink) {
    int fed = whole.length - session.commonPrefix(whole);
    return run(fed, () -> session.sync(whole), whole, options, sink);
  }

  private interface Prefill {
    MemorySegment logits();
  }

  private Generation run(
      int fed, Prefill prefill, int[] prompt, GenerateOptions options, TextSink sink) {
    long start = System.nanoTime();
    sampler.reset();
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
          logits = session.feed(token);
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
      } else if (session.position() == session.contextLength()) {
        reason = FinishReason.CONTEXT_FULL;
      }
    }

    void finish() {
      show(filter.push(stream.flush()));
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
