package dev.myelin.generate;

import dev.myelin.error.ContextFullException;
import dev.myelin.error.IllegalUseException;
import dev.myelin.generate.GenerationRun.Prompt;
import dev.myelin.model.Model;
import dev.myelin.model.ModelInfo;
import dev.myelin.runtime.ModelRuntime;
import dev.myelin.sampling.Sampler;
import dev.myelin.sampling.SamplingOptions;
import dev.myelin.sampling.SuppressedTokens;
import dev.myelin.tokenizer.PromptText;
import dev.myelin.tokenizer.Tokenizer;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Flow;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Generates text: feeds a prompt, samples a token, feeds it, and so on. Each text is appended to
 * the session, so a text continues the one before it, until {@link #reset}.
 *
 * <p>If the model has an encoder, each prompt goes to it as a text of its own, and the session
 * holds the generated text only.
 *
 * <p>The random number generator keeps its state between texts, so each call generates a different
 * text. A generator with the same seed generates the same texts in the same order.
 *
 * <p>A text is generated in one of four forms:
 *
 * <ul>
 *   <li>{@code generate} blocks until the end, and passes the text to a sink
 *   <li>{@code stream} returns the text in pieces, which the thread that reads it computes
 *   <li>{@code publish} returns a publisher, which computes in a thread of its own on demand
 *   <li>{@code generateAsync} returns a future and computes in a thread of its own
 * </ul>
 *
 * <p>Confined to one thread at a time, and one text at a time: while one is in progress another
 * throws {@link IllegalUseException}, except that it ends a stream that is not at its end. Any
 * thread may call {@link #cancel} and {@link #close}.
 */
public final class Generator implements AutoCloseable {
  private final Session session;
  private final boolean ownsSession;
  private final Sampler sampler;
  private final Tokenizer tokenizer;
  private volatile @Nullable Generation last;

  /**
   * A generator for a session, which stays open when the generator is closed.
   *
   * @param sampling how tokens are sampled; {@link Model#sampling} returns what the file
   *     recommends. Tokens that the file suppresses are never sampled.
   * @throws dev.myelin.error.InvalidRequestException if the model generates no text
   */
  public Generator(Session session, SamplingOptions sampling) {
    this(session, sampling, false);
  }

  Generator(Session session, SamplingOptions sampling, boolean ownsSession) {
    this.session = session;
    this.ownsSession = ownsSession;
    ModelInfo info = session.model().info();
    info.requireGeneration();
    this.tokenizer = session.model().tokenizer();
    this.sampler =
        new Sampler(
            sampling,
            info.vocabulary(),
            SuppressedTokens.of(tokenizer.vocabulary().suppressedTokens()));
  }

  /** A generator with a session of its own, default options, and the sampling of the file. */
  public static Generator open(Model model) {
    return open(model, SessionOptions.defaults(), model.sampling().options());
  }

  /**
   * A generator with a session of its own, which is closed with the generator.
   *
   * @throws dev.myelin.error.InvalidRequestException if the options do not suit the model
   */
  public static Generator open(Model model, SessionOptions options, SamplingOptions sampling) {
    Session session = Session.open(model, options);
    try {
      return new Generator(session, sampling, true);
    } catch (RuntimeException e) {
      session.close();
      throw e;
    }
  }

  /**
   * A generator with a session of a shared runtime, which is closed with the generator. Its texts
   * are computed together with those of the runtime's other sessions; each of them may be used by
   * its own thread, virtual or not.
   *
   * @throws dev.myelin.error.CapacityException if the runtime has as many sequences as it can
   * @throws dev.myelin.error.InvalidRequestException if the model generates no text
   */
  public static Generator open(ModelRuntime runtime, SamplingOptions sampling) {
    Session session = Session.open(runtime);
    try {
      return new Generator(session, sampling, true);
    } catch (RuntimeException e) {
      session.close();
      throw e;
    }
  }

  /** As above, with the sampling of the file. */
  public static Generator open(ModelRuntime runtime) {
    return open(runtime, runtime.model().sampling().options());
  }

  /** The session that holds the text. */
  public Session session() {
    return session;
  }

  /** The seed in use: the requested one, or the one chosen at random. */
  public long seed() {
    return sampler.seed();
  }

  /** The latest text that ended without an exception, for its reason and metrics. */
  public Optional<Generation> last() {
    return Optional.ofNullable(last);
  }

  /**
   * Generates the text after a prompt, until it ends or the context is full. As {@link
   * #generate(String, GenerateOptions, TextSink)}.
   */
  public String generate(String prompt) {
    return generate(prompt, GenerateOptions.defaults()).text();
  }

  /** Generates the text after a prompt. */
  public Generation generate(String prompt, GenerateOptions options) {
    return generate(prompt, options, TextSink.NONE);
  }

  /**
   * Appends a prompt to the session and generates the text after it. Control tokens in the prompt
   * are parsed. BOS is added if the session is empty and the tokenizer adds it. Use {@link
   * #generate(PromptText, GenerateOptions, TextSink)} for prompts that must not contain control
   * tokens.
   *
   * <p>An interrupt of this thread ends the text with {@link FinishReason#CANCELLED} before the
   * next token or batch of the prompt; the thread stays interrupted.
   */
  public Generation generate(String prompt, GenerateOptions options, TextSink sink) {
    return generate(PromptText.trusted(prompt), options, sink);
  }

  /** As above; control tokens are parsed in the trusted parts of the prompt only. */
  public Generation generate(PromptText prompt, GenerateOptions options, TextSink sink) {
    return finish(run(prompt, options), sink);
  }

  /**
   * As above, from token ids.
   *
   * @throws ContextFullException if the prompt does not fit into the rest of the context
   */
  public Generation generate(int[] prompt, GenerateOptions options, TextSink sink) {
    return finish(run(options, () -> new Prompt(prompt, true)), sink);
  }

  /**
   * Generates after {@code tokens}, the whole conversation so far. The prefix that the session
   * already holds is not computed again.
   *
   * @throws ContextFullException if the tokens do not fit into the context
   */
  public Generation continueFrom(int[] tokens, GenerateOptions options, TextSink sink) {
    return finish(run(options, () -> new Prompt(tokens, false)), sink);
  }

  /** As {@link #stream(PromptText, GenerateOptions)}, until the text ends. */
  public Stream<String> stream(String prompt) {
    return stream(prompt, GenerateOptions.defaults());
  }

  /** As {@link #stream(PromptText, GenerateOptions)}; control tokens in the prompt are parsed. */
  public Stream<String> stream(String prompt, GenerateOptions options) {
    return stream(PromptText.trusted(prompt), options);
  }

  /**
   * The text after a prompt, in pieces of complete characters. The thread that reads a piece
   * computes it; nothing is computed ahead. Closing the stream, from any thread, ends the text.
   */
  public Stream<String> stream(PromptText prompt, GenerateOptions options) {
    return RunStream.of(session.runs(), run(prompt, options));
  }

  /** As {@link #publish(PromptText, GenerateOptions)}; control tokens in the prompt are parsed. */
  public Flow.Publisher<String> publish(String prompt, GenerateOptions options) {
    return publish(PromptText.trusted(prompt), options);
  }

  /**
   * The text after a prompt as a publisher, with the semantics of Reactive Streams. Each
   * subscription generates a text in a thread of its own, and computes a piece when the subscriber
   * has requested it. A subscription while another text is in progress gets an {@link
   * IllegalUseException}.
   */
  public Flow.Publisher<String> publish(PromptText prompt, GenerateOptions options) {
    return new RunPublisher(session.runs(), () -> run(prompt, options));
  }

  /** As {@link #generateAsync(PromptText, GenerateOptions, TextSink)}, without a sink. */
  public CompletableFuture<Generation> generateAsync(String prompt, GenerateOptions options) {
    return generateAsync(PromptText.trusted(prompt), options, TextSink.NONE);
  }

  /**
   * Generates the text after a prompt in a thread of its own. Cancelling the future, or completing
   * it in another way such as a timeout, ends the text. Exceptions complete the future.
   *
   * @param sink receives the text in that thread
   */
  public CompletableFuture<Generation> generateAsync(
      PromptText prompt, GenerateOptions options, TextSink sink) {
    return RunThread.start(session.runs(), run(prompt, options), sink);
  }

  /**
   * Ends the text in progress with {@link FinishReason#CANCELLED}; does nothing if there is none.
   * Any thread may call it. A text that begins later is not affected, unlike by {@link
   * Session#cancel}.
   */
  public void cancel() {
    session.runs().cancel();
  }

  /** Empties the session, so that the next text has no context. */
  public void reset() {
    session.runs().requireIdle();
    session.truncate(0);
  }

  /**
   * Ends the text in progress, waits until it has ended, and closes the session if {@link #open}
   * opened it. Any thread may call it.
   */
  @Override
  public void close() {
    session.runs().end();
    if (ownsSession) {
      session.close();
    }
  }

  private GenerationRun run(PromptText prompt, GenerateOptions options) {
    boolean hasEncoder = session.model().info().hasEncoder();
    return run(
        options,
        () -> new Prompt(tokenizer.encode(prompt, hasEncoder || session.position() == 0), true));
  }

  /** A run that this generator samples. */
  GenerationRun run(GenerateOptions options, GenerationRun.Source source) {
    return new GenerationRun(session, sampler, options, source, ended -> last = ended);
  }

  /** Takes all steps of a run in this thread. */
  Generation finish(GenerationRun run, TextSink sink) {
    session.runs().claim(run, Thread.currentThread());
    try {
      return run.finish(sink);
    } finally {
      session.runs().release(run);
    }
  }
}
