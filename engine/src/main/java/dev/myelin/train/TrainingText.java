package dev.myelin.train;

import dev.myelin.model.Model;
import dev.myelin.train.corpus.Split;
import java.util.List;

/** What a run learns from, and what it is measured on, before a model's tokenizer has read it. */
public abstract sealed class TrainingText permits PlainText, ChatText {
  /**
   * Documents, all of whose tokens are learned.
   *
   * @param parseSpecial whether the text may name control tokens, such as {@code <|im_end|>}
   */
  public static TrainingText of(Split text, boolean parseSpecial) {
    return new PlainText(text, parseSpecial);
  }

  /**
   * Conversations, of which the assistant's tokens are learned and the others only read. The
   * model's own chat template renders them.
   *
   * @param training at least one
   * @param heldOut may be none
   */
  public static TrainingText of(List<ChatSample> training, List<ChatSample> heldOut) {
    return new ChatText(training, heldOut);
  }

  /** The text in tokens. */
  abstract Encoded encode(Model model, int threads);

  /**
   * A text in tokens.
   *
   * @param masked whether some tokens are only read
   * @param notes what people should know about the text, a sentence each
   */
  record Encoded(Tokens training, Tokens heldOut, boolean masked, List<String> notes) {}

  /**
   * Tokens, one after the other.
   *
   * @param ids of each token; {@code ~id} of one that is read and not learned
   * @param pieces where windows begin and end; null where they may be anywhere
   */
  record Tokens(int[] ids, Pieces pieces) {
    int learned() {
      int learned = 0;
      for (int id : ids) {
        learned += id >= 0 ? 1 : 0;
      }
      return learned;
    }
  }
}
