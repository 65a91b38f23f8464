package dev.myelin.generate;

import dev.myelin.error.ContextFullException;
import dev.myelin.tokenizer.Tokenizer;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A user's message in a conversation. If the context is full, the model does not see the oldest
 * exchanges. Used by one thread at a time.
 */
final class Turn implements GenerationRun.Source {
  private final Conversation conversation;
  private final String user;
  private final int context;
  private TurnPrompt prompt = new TurnPrompt(0, Transcript.EMPTY, new int[0]);

  Turn(Conversation conversation, String user) {
    this.conversation = conversation;
    this.user = user;
    context = conversation.session().contextLength();
  }

  @Override
  public GenerationRun.Prompt prompt() {
    History history = conversation.history();
    render(history.dropped());
    int length = prompt.tokens().length;
    if (length > context && !dropOldest(0, context)) {
      render(history.exchanges().size());
      int alone = prompt.tokens().length;
      throw alone > context
          ? ContextFullException.message(alone, context)
          : ContextFullException.conversation(length, context);
    }
    return new GenerationRun.Prompt(prompt.tokens(), false);
  }

  /** Drops the oldest exchanges in the middle of a reply; null if that does not free enough. */
  @Override
  public int @Nullable [] truncate(List<Integer> generated) {
    return dropOldest(generated.size(), context - 1)
        ? ReplyTokens.concat(prompt.tokens(), ReplyTokens.toArray(generated))
        : null;
  }

  /**
   * Drops the fewest exchanges that leave a quarter of the context free, or else all.
   *
   * @param generated number of tokens after the prompt
   * @param limit maximum number of tokens with them
   * @return whether they fit now
   */
  private boolean dropOldest(int generated, int limit) {
    int low = prompt.firstExchange() + 1;
    int high = conversation.history().exchanges().size();
    if (conversation.policy() == ContextFullPolicy.STOP || low > high) {
      return false;
    }
    while (low < high) {
      int mid = (low + high) / 2;
      render(mid);
      if (prompt.tokens().length + generated <= context - context / 4) {
        high = mid;
      } else {
        low = mid + 1;
      }
    }
    render(low);
    return prompt.tokens().length + generated <= limit;
  }

  private void render(int first) {
    prompt = conversation.renderer().render(conversation.history(), first, user);
  }

  /** Adds the message and the reply to the conversation. */
  @Override
  public void ended(Generation reply) {
    if (reply.reason() == FinishReason.CANCELLED && reply.tokens().isEmpty()) {
      return;
    }
    Tokenizer tokenizer = conversation.renderer().tokenizer();
    int last = prompt.tokens()[prompt.tokens().length - 1];
    int[] tokens = ReplyTokens.flatten(reply, last, tokenizer);
    Transcript transcript = prompt.transcript().with(ReplyTokens.groups(reply, tokenizer));
    conversation.add(new Exchange(user, reply.text(), tokens), prompt, transcript);
  }
}
