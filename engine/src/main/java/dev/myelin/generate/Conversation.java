package dev.myelin.generate;

import dev.myelin.chat.ChatMessage;
import dev.myelin.chat.ChatTemplate;
import dev.myelin.error.ContextFullException;
import dev.myelin.error.InvalidRequestException;
import dev.myelin.model.Model;
import dev.myelin.sampling.SamplingOptions;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Flow;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;

/**
 * A conversation between a user and a model in a session. Each turn is rendered with the
 * checkpoint's chat template, and only the tokens that are new to the session are computed. Without
 * a template, the turns are concatenated as plain text.
 *
 * <p>Text of messages never becomes a control token; only the template's own text does.
 *
 * <p>Confined to one thread at a time, and one reply at a time, in one of the forms of {@link
 * Generator}. Any thread may call {@link #cancel} and {@link #close}.
 */
public final class Conversation implements AutoCloseable {
  private final Session session;
  private final Generator generator;
  private final PromptRenderer renderer;
  private final ContextFullPolicy policy;
  private History history;

  /**
   * As below, with {@link ContextFullPolicy#STOP}.
   *
   * @param system the system prompt, empty for none
   */
  public Conversation(Session session, SamplingOptions sampling, String system) {
    this(session, sampling, system, ContextFullPolicy.STOP);
  }

  /**
   * A conversation in a session, which stays open when the conversation is closed.
   *
   * @param system the system prompt, empty for none
   * @param policy what happens when the context is full
   */
  public Conversation(
      Session session, SamplingOptions sampling, String system, ContextFullPolicy policy) {
    this(new Generator(session, sampling), system, policy);
  }

  private Conversation(Generator generator, String system, ContextFullPolicy policy) {
    this.session = generator.session();
    this.generator = generator;
    Model model = session.model();
    this.renderer = new PromptRenderer(model.chatTemplate(), model.tokenizer());
    this.policy = Objects.requireNonNull(policy, "policy");
    this.history = History.empty(system);
  }

  /** As below, without a system prompt. */
  public static Conversation open(Model model) {
    return open(model, "");
  }

  /**
   * A conversation in a session of its own, with default options, the sampling of the file and
   * {@link ContextFullPolicy#STOP}.
   *
   * @param system the system prompt, empty for none
   */
  public static Conversation open(Model model, String system) {
    return open(
        model,
        SessionOptions.defaults(),
        model.sampling().options(),
        system,
        ContextFullPolicy.STOP);
  }

  /**
   * A conversation in a session of its own, which is closed with the conversation.
   *
   * @param system the system prompt, empty for none
   * @param policy what happens when the context is full
   * @throws dev.myelin.error.InvalidRequestException if the options do not suit the model
   */
  public static Conversation open(
      Model model,
      SessionOptions options,
      SamplingOptions sampling,
      String system,
      ContextFullPolicy policy) {
    if (model.info().hasEncoder()) {
      throw new InvalidRequestException(
          model.info().architecture() + " models have an encoder, and no conversation");
    }
    Generator generator = Generator.open(model, options, sampling);
    try {
      return new Conversation(generator, system, policy);
    } catch (RuntimeException e) {
      generator.close();
      throw e;
    }
  }

  /** The session that holds the conversation. */
  public Session session() {
    return session;
  }

  /** The checkpoint's template; empty if turns are plain text. */
  public Optional<ChatTemplate> template() {
    return renderer.template();
  }

  /** The seed of the replies: the requested one, or the one chosen at random. */
  public long seed() {
    return generator.seed();
  }

  /** Starts again with another system prompt, empty for none. */
  public void reset(String system) {
    session.runs().requireIdle();
    history = History.empty(system);
  }

  /** Starts again with the same system prompt. */
  public void reset() {
    reset(system());
  }

  /** The system prompt; empty for none. */
  public String system() {
    return history.system();
  }

  /**
   * Writes the conversation and its session to a file, from which {@link #restore} continues. As
   * {@link Session#save}.
   */
  public void save(Path file) {
    session.runs().requireIdle();
    session.save(file, SavedConversation.encode(history));
  }

  /**
   * Continues a conversation that {@link #save} has written, with its system prompt. Nothing is
   * computed: the next message is computed after the states of the file.
   *
   * @throws InvalidRequestException if the conversation or its session has begun
   * @throws dev.myelin.error.ModelFileException as {@link Session#restore}, and if the file has no
   *     conversation; nothing is changed
   */
  public void restore(Path file) {
    session.runs().requireIdle();
    if (!history.exchanges().isEmpty()) {
      throw new InvalidRequestException("restore " + file + ": the conversation has begun");
    }
    int vocabulary = session.model().info().vocabulary();
    AtomicReference<History> saved = new AtomicReference<>();
    session.restore(file, extra -> saved.set(SavedConversation.decode(extra, vocabulary, file)));
    history = saved.get();
  }

  /**
   * All turns so far, the system prompt first, including those that were dropped from the context.
   */
  public List<ChatMessage> messages() {
    return List.copyOf(history.messages(0));
  }

  /**
   * How many of the oldest exchanges were dropped from the context: {@link
   * ContextFullPolicy#DROP_OLDEST}.
   */
  public int dropped() {
    return history.dropped();
  }

  /** The latest reply that ended without an exception, for its reason and metrics. */
  public Optional<Generation> last() {
    return generator.last();
  }

  /**
   * Adds a user's message and returns the reply. As {@link #reply(String, GenerateOptions,
   * TextSink)}.
   */
  public String reply(String user) {
    return reply(user, GenerateOptions.defaults()).text();
  }

  /** Adds a user's message and generates the reply. */
  public Generation reply(String user, GenerateOptions options) {
    return reply(user, options, TextSink.NONE);
  }

  /**
   * Adds a user's message and generates the reply. A cancelled reply is kept as far as it was
   * generated. If no token was generated, or this method throws, the conversation is unchanged.
   *
   * <p>An interrupt of this thread cancels the reply before the next token or batch of the prompt;
   * the thread stays interrupted.
   *
   * @throws ContextFullException if the message does not fit into the context, or, with {@link
   *     ContextFullPolicy#STOP}, if the conversation does not
   * @throws dev.myelin.error.InvalidRequestException if the template refuses the messages
   */
  public Generation reply(String user, GenerateOptions options, TextSink sink) {
    return generator.finish(run(user, options), sink);
  }

  /** As {@link #stream(String, GenerateOptions)}, until the reply ends. */
  public Stream<String> stream(String user) {
    return stream(user, GenerateOptions.defaults());
  }

  /**
   * Adds a user's message and returns the reply in pieces. The thread that reads a piece computes
   * it; nothing is computed ahead. Closing the stream, from any thread, cancels the reply, and so
   * does the next message. Reading throws what {@link #reply(String, GenerateOptions, TextSink)}
   * throws.
   */
  public Stream<String> stream(String user, GenerateOptions options) {
    return RunStream.of(session.runs(), run(user, options));
  }

  /**
   * The reply to a user's message as a publisher: {@link Generator#publish(String,
   * GenerateOptions)}. Each subscription adds the message.
   */
  public Flow.Publisher<String> publish(String user, GenerateOptions options) {
    return new RunPublisher(session.runs(), () -> run(user, options));
  }

  /** As below, without a sink. */
  public CompletableFuture<Generation> replyAsync(String user, GenerateOptions options) {
    return replyAsync(user, options, TextSink.NONE);
  }

  /**
   * Adds a user's message and generates the reply in a thread of its own. Completing the future in
   * any way, such as cancelling it, cancels the reply.
   *
   * @param sink receives the reply in that thread
   */
  public CompletableFuture<Generation> replyAsync(
      String user, GenerateOptions options, TextSink sink) {
    return RunThread.start(session.runs(), run(user, options), sink);
  }

  /** Cancels the reply in progress, if there is one. Any thread may call it. */
  public void cancel() {
    generator.cancel();
  }

  /**
   * Cancels the reply in progress, waits until it has ended, and closes the session if {@link
   * #open} opened it. Any thread may call it.
   */
  @Override
  public void close() {
    generator.close();
  }

  private GenerationRun run(String user, GenerateOptions options) {
    return generator.run(options, new Turn(this, Objects.requireNonNull(user, "user")));
  }

  /** What is said before the next {@link Turn}. */
  History history() {
    return history;
  }

  PromptRenderer renderer() {
    return renderer;
  }

  ContextFullPolicy policy() {
    return policy;
  }

  /** A turn has ended. */
  void add(Exchange exchange, TurnPrompt prompt, Transcript transcript) {
    history = history.with(exchange, prompt, transcript);
  }
}
