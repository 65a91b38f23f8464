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
 * Turns between a user and a model, in a session of its own. Each turn is rendered with the
 * checkpoint's chat template, and only what is new to the session is computed. A checkpoint without
 * one continues the text instead: all turns, one after the other, as they are.
 *
 * <p>No message names a control token, whatever it says: only the template's own text does.
 *
 * <p>For one thread at a time; {@link Session#cancel} ends a reply from another.
 */
public final class Conversation {
  private final Session session;
  private final Generator generator;
  private final Tokenizer tokenizer;
  private final Optional<ChatTemplate> template;
  private final OnFull onFull;
  private final List<Exchange> exchanges = new ArrayList<>();
  private String system;
  private int dropped;
  private Transcript transcript = Transcript.EMPTY;

  /**
   * As below, with {@link OnFull#STOP}.
   *
   * @param system the system prompt, empty for none
   */
  public Conversation(Session session, SamplingOptions sampling, String system) {
    this(session, sampling, system, OnFull.STOP);
  }

  /**
   * @param system the system prompt, empty for none
   * @param onFull what happens when the context is full
   */
  public Conversation(Session session, SamplingOptions sampling, String system, OnFull onFull) {
    this.session = session;
    this.generator = new Generator(session, sampling);
    this.tokenizer = session.model().tokenizer();
    this.template = ChatTemplate.of(session.model().file());
    this.onFull = Objects.requireNonNull(onFull, "onFull");
    reset(system);
  }

  /** The checkpoint's template; without one, text is continued. */
  public Optional<ChatTemplate> template() {
    return template;
  }

  /** The seed of the replies: the one asked for, or the one chosen in its place. */
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

  /** All turns so far, the system prompt first; also those that the model does not see any more. */
  public List<ChatMessage> messages() {
    return List.copyOf(messages(0));
  }

  /** How many of the oldest exchanges the model does not see any more: {@link OnFull#DROP}. */
  public int dropped() {
    return dropped;
  }

  /**
   * Takes a user's turn and writes the model's. A reply that was cancelled counts as far as it
   * came; where nothing was written, or this throws, the turn never happened.
   *
   * @throws ContextFullException if the message does not fit into the context, or with {@link
   *     OnFull#STOP} the conversation
   * @throws dev.myelin.error.InvalidRequestException if the template refuses the messages
   */
  public Generation reply(String user, GenerateOptions options, TextSink sink) {
    Turn turn = new Turn(user);
    Generation reply = generator.continueFrom(turn.prompt, options, sink, turn::shorter);
    if (reply.reason() == FinishReason.CANCELLED && reply.tokens().isEmpty()) {
      return reply;
    }
    int[] tokens = ReplyTokens.all(reply, turn.prompt[turn.prompt.length - 1], tokenizer);
    exchanges.add(new Exchange(user, reply.text(), tokens));
    dropped = turn.first;
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

  /** A message on its way to a reply: what the model sees before it. */
  private final class Turn {
    private final String user;
    private int first = dropped;
    private Transcript transcript;
    private int[] prompt;

    Turn(String user) {
      this.user = user;
      see(first);
      int context = session.contextLength();
      int whole = prompt.length;
      if (whole > context && !drop(0, context)) {
        see(exchanges.size());
        throw prompt.length > context
            ? ContextFullException.message(prompt.length, context)
            : ContextFullException.conversation(whole, context);
      }
    }

    /** Leaves out the oldest exchanges in the middle of a reply; null if that does not help. */
    int[] shorter(List<Integer> written) {
      return drop(written.size(), session.contextLength() - 1)
          ? ReplyTokens.joined(prompt, ReplyTokens.ids(written))
          : null;
    }

    /**
     * Leaves out as few exchanges as leave a quarter of the context free, else all.
     *
     * @param written how many tokens follow the prompt
     * @param most how many there may be with them
     */
    private boolean drop(int written, int most) {
      if (onFull == OnFull.STOP || first == exchanges.size()) {
        return false;
      }
      int context = session.contextLength();
      int low = first + 1;
      int high = exchanges.size();
      while (low < high) {
        int middle = (low + high) / 2;
        see(middle);
        if (prompt.length + written <= context - context / 4) {
          high = middle;
        } else {
          low = middle + 1;
        }
      }
      see(low);
      return prompt.length + written <= most;
    }

    private void see(int from) {
      first = from;
      if (template.isPresent()) {
        List<ChatMessage> messages = messages(from);
        messages.add(ChatMessage.user(user));
        PromptText rendered = template.get().prompt(messages, true, Map.of());
        transcript = Conversation.this.transcript.with(rendered, tokenizer);
        prompt = transcript.tokens();
      } else {
        transcript = Transcript.EMPTY;
        prompt = continued(from);
      }
    }

    private int[] continued(int from) {
      IntStream.Builder tokens = IntStream.builder();
      String before = system.isEmpty() ? "" : system + "\n";
      boolean begins = true;
      for (Exchange exchange : exchanges.subList(from, exchanges.size())) {
        add(before + exchange.user(), begins, tokens);
        Arrays.stream(exchange.tokens()).forEach(tokens);
        before = "";
        begins = false;
      }
      add(before + user, begins, tokens);
      return tokens.build().toArray();
    }

    private void add(String said, boolean begins, IntStream.Builder tokens) {
      Arrays.stream(tokenizer.encode(PromptText.untrusted(said), begins)).forEach(tokens);
    }
  }
}
