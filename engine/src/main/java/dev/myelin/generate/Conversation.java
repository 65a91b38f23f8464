package dev.myelin.generate;

import dev.myelin.chat.ChatMessage;
import dev.myelin.chat.ChatTemplate;
import dev.myelin.sampling.SamplingOptions;
import dev.myelin.tokenizer.Tokenizer;
import dev.myelin.tokenizer.Vocabulary;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * Turns between a user and a model, in a session of its own. Each turn is rendered with the
 * checkpoint's chat template, and only what is new to the session is computed. A checkpoint without
 * one continues the text instead: all turns, one after the other, as they are.
 *
 * <p>For one thread at a time; {@link Session#cancel} ends a reply from another.
 */
public final class Conversation {
  private final Session session;
  private final Generator generator;
  private final Tokenizer tokenizer;
  private final Optional<ChatTemplate> template;
  private final List<ChatMessage> messages = new ArrayList<>();
  private String system;
  private int[] text = new int[0]; // all tokens so far, where there is no template

  /**
   * @param system the system prompt, empty for none
   */
  public Conversation(Session session, SamplingOptions sampling, String system) {
    this.session = session;
    this.generator = new Generator(session, sampling);
    this.tokenizer = session.model().tokenizer();
    this.template = ChatTemplate.of(session.model().file());
    reset(system);
  }

  /** The checkpoint's template; without one, text is continued. */
  public Optional<ChatTemplate> template() {
    return template;
  }

  /** Starts anew with another system prompt, empty for none. */
  public void reset(String system) {
    this.system = system;
    text = new int[0];
    messages.clear();
    if (!system.isEmpty()) {
      messages.add(ChatMessage.system(system));
    }
  }

  /** Starts anew with the same system prompt. */
  public void reset() {
    reset(system);
  }

  /** The turns so far, the system prompt first. */
  public List<ChatMessage> messages() {
    return List.copyOf(messages);
  }

  /**
   * Takes a user's turn and writes the model's. A reply that was cancelled counts as far as it
   * came; where nothing was written, or this throws, the turn never happened.
   *
   * @throws dev.myelin.error.InvalidRequestException if the conversation does not fit into the
   *     context any more, or the template refuses it
   */
  public Generation reply(String user, GenerateOptions options, TextSink sink) {
    int[] whole = template.isPresent() ? rendered(user) : continued(user);
    Generation reply = generator.continueFrom(whole, options, sink);
    if (reply.reason() == FinishReason.CANCELLED && reply.tokens().isEmpty()) {
      return reply;
    }
    messages.add(ChatMessage.user(user));
    messages.add(ChatMessage.assistant(reply.text()));
    if (template.isEmpty()) {
      int ended = reply.reason() == FinishReason.END_OF_TEXT ? 1 : 0;
      text = joined(whole, reply.tokens().subList(0, reply.tokens().size() - ended));
    }
    return reply;
  }

  private int[] rendered(String user) {
    List<ChatMessage> turns = new ArrayList<>(messages);
    turns.add(ChatMessage.user(user));
    int[] tokens = tokenizer.encode(template.orElseThrow().render(turns, true), false, true);
    Vocabulary vocabulary = tokenizer.vocabulary();
    OptionalInt bos = vocabulary.bos();
    // most templates write BOS themselves; the others rely on the tokenizer
    if (vocabulary.addsBos()
        && bos.isPresent()
        && (tokens.length == 0 || tokens[0] != bos.getAsInt())) {
      return joined(new int[] {bos.getAsInt()}, Arrays.stream(tokens).boxed().toList());
    }
    return tokens;
  }

  private int[] continued(String user) {
    if (text.length > 0) {
      return joined(text, Arrays.stream(tokenizer.encode(user, false, true)).boxed().toList());
    }
    return tokenizer.encode(system.isEmpty() ? user : system + "\n" + user, true, true);
  }

  private static int[] joined(int[] first, List<Integer> second) {
    int[] all = Arrays.copyOf(first, first.length + second.size());
    for (int i = 0; i < second.size(); i++) {
      all[first.length + i] = second.get(i);
    }
    return all;
  }
}
