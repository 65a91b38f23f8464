package dev.myelin.generate;

import dev.myelin.chat.ChatMessage;
import dev.myelin.chat.ChatTemplate;
import dev.myelin.error.ContextFullException;
import dev.myelin.sampling.SamplingOptions;
import dev.myelin.tokenizer.PromptText;
import dev.myelin.tokenizer.Tokenizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * A conversation between a user and a model in a session. Each turn is rendered with the
 * checkpoint's chat template, and only the tokens that are new to the session are computed. Without
 * a template, the turns are concatenated as plain text.
 *
 * <p>Text of messages never becomes a control token; only the template's own text does.
 *
 * <p>Not thread-safe. {@link Session#cancel} ends a reply from another thread.
 */
public final class Conversation {
  private final Session session;
  private final Generator generator;
  private final Tokenizer tokenizer;
  private final Optional<ChatTemplate> template;
  private final ContextFullPolicy policy;
  private final List<Exchange> exchanges = new ArrayList<>();
  private String system;
  private int dropped;
  private Transcript transcript = Transcript.EMPTY;

  /**
   * As below, with {@link ContextFullPolicy#STOP}.
   *
   * @param system the system prompt, empty for none
   */
  public Conversation(Session session, SamplingOptions sampling, String system) {
    this(session, sampling, system, ContextFullPolicy.STOP);
  }

  /**
   * @param system the system prompt, empty for none
   * @param policy what happens when the context is full
   */
  public Conversation(
      Session session, SamplingOptions sampling, String system, ContextFullPolicy policy) {
    this.session = session;
    this.generator = new Generator(session, sampling);
    this.tokenizer = session.model().tokenizer();
    this.template = ChatTemplate.of(session.model().file());
    this.policy = Objects.requireNonNull(policy, "onFull");
    reset(system);
  }

  /** The checkpoint's template; empty if turns are plain text. */
  public Optional<ChatTemplate> template() {
    return template;
  }

  /** The seed of the replies: the requested one, or the one chosen at random. */
  public long seed() {
    return generator.seed();
  }

  /** Starts again with another system prompt, empty for none. */
  public void reset(String system) {
    this.system = system;
    exchanges.clear();
    dropped = 0;
    transcript = Transcript.EMPTY;
  }

  /** Starts again with the same system prompt. */
  public void reset() {
    reset(system);
  }

  /**
   * All turns so far, the system prompt first, including those that were dropped from the context.
   */
  public List<ChatMessage> messages() {
    return List.copyOf(messages(0));
  }

  /**
   * How many of the oldest exchanges were dropped from the context: {@link
   * ContextFullPolicy#DROP_OLDEST}.
   */
  public int dropped() {
    return dropped;
  }

  /**
   * Adds a user's message and generates the reply. A cancelled reply is kept as far as it was
   * generated. If no token was generated, or this method throws, the conversation is unchanged.
   *
   * @throws ContextFullException if the message does not fit into the context, or, with {@link
   *     ContextFullPolicy#STOP}, if the conversation does not
   * @throws dev.myelin.error.InvalidRequestException if the template refuses the messages
   */
  public Generation reply(String user, GenerateOptions options, TextSink sink) {
    Turn turn = new Turn(user);
    Generation reply = generator.continueFrom(turn.prompt, options, sink, turn::truncate);
    if (reply.reason() == FinishReason.CANCELLED && reply.tokens().isEmpty()) {
      return reply;
    }
    int[] tokens = ReplyTokens.flatten(reply, turn.prompt[turn.prompt.length - 1], tokenizer);
    exchanges.add(new Exchange(user, reply.text(), tokens));
    dropped = turn.firstExchange;
    transcript = turn.transcript.with(ReplyTokens.groups(reply, tokenizer));
    return reply;
  }

  private List<ChatMessage> messages(int first) {
    List<ChatMessage> messages = new ArrayList<>();
    if (!system.isEmpty()) {
      messages.add(ChatMessage.system(system));
    }
    for (Exchange exchange : exchanges.subList(first, exchanges.size())) {
      messages.addAll(exchange.messages());
    }
    return messages;
  }

  /** A user's message and the prompt that the model sees. */
  private final class Turn {
    private final String user;
    private int firstExchange = dropped;
    private Transcript transcript;
    private int[] prompt;

    Turn(String user) {
      this.user = user;
      render(firstExchange);
      int context = session.contextLength();
      int length = prompt.length;
      if (length > context && !drop(0, context)) {
        render(exchanges.size());
        throw prompt.length > context
            ? ContextFullException.message(prompt.length, context)
            : ContextFullException.conversation(length, context);
      }
    }

    /** Drops the oldest exchanges in the middle of a reply; null if that does not free enough. */
    int[] truncate(List<Integer> generated) {
      return drop(generated.size(), session.contextLength() - 1)
          ? ReplyTokens.concat(prompt, ReplyTokens.toArray(generated))
          : null;
    }

    /**
     * Drops the fewest exchanges that leave a quarter of the context free, or else all.
     *
     * @param generated number of tokens after the prompt
     * @param limit maximum number of tokens with them
     */
    private boolean drop(int generated, int limit) {
      if (policy == ContextFullPolicy.STOP || firstExchange == exchanges.size()) {
        return false;
      }
      int context = session.contextLength();
      int low = firstExchange + 1;
      int high = exchanges.size();
      while (low < high) {
        int mid = (low + high) / 2;
        render(mid);
        if (prompt.length + generated <= context - context / 4) {
          high = mid;
        } else {
          low = mid + 1;
        }
      }
      render(low);
      return prompt.length + generated <= limit;
    }

    private void render(int from) {
      firstExchange = from;
      if (template.isPresent()) {
        List<ChatMessage> messages = messages(from);
        messages.add(ChatMessage.user(user));
        PromptText rendered = template.get().renderPrompt(messages, true, Map.of());
        transcript = Conversation.this.transcript.with(rendered, tokenizer);
        prompt = transcript.tokens();
      } else {
        transcript = Transcript.EMPTY;
        prompt = encodePlain(from);
      }
    }

    private int[] encodePlain(int from) {
      IntStream.Builder tokens = IntStream.builder();
      String prefix = system.isEmpty() ? "" : system + "\n";
      boolean addSpecial = true;
      for (Exchange exchange : exchanges.subList(from, exchanges.size())) {
        add(prefix + exchange.user(), addSpecial, tokens);
        Arrays.stream(exchange.tokens()).forEach(tokens);
        prefix = "";
        addSpecial = false;
      }
      add(prefix + user, addSpecial, tokens);
      return tokens.build().toArray();
    }

    private void add(String text, boolean addSpecial, IntStream.Builder tokens) {
      Arrays.stream(tokenizer.encode(PromptText.untrusted(text), addSpecial)).forEach(tokens);
    }
  }
}
