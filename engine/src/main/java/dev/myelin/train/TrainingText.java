package dev.myelin.train;

import dev.myelin.model.Model;
import dev.myelin.train.corpus.ValidationSplit;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The training and validation data of a run, before tokenization. Immutable and thread-safe. */
public abstract sealed class TrainingText permits PlainText, ChatText {
  TrainingText() {}

  /**
   * Documents; all tokens count in the loss.
   *
   * @param parseSpecial whether control tokens in the text, such as {@code <|im_end|>}, are parsed
   */
  public static TrainingText of(ValidationSplit text, boolean parseSpecial) {
    return new PlainText(text, parseSpecial);
  }

  /**
   * Conversations, rendered by the model's chat template; only the assistant's tokens count in the
   * loss.
   *
   * @param training at least one
   * @param validation may be empty
   */
  public static TrainingText of(List<ChatSample> training, List<ChatSample> validation) {
    return new ChatText(training, validation);
  }

  /** Tokenizes the data. */
  abstract Encoded encode(Model model, int threads);

  /**
   * The tokenized data.
   *
   * @param masked whether some tokens are excluded from the loss
   * @param notes notes for users about the text, one sentence each
   */
  record Encoded(Tokens training, Tokens validation, boolean masked, List<String> notes) {}

  /**
   * A token stream.
   *
   * @param ids token ids; {@code ~id} for tokens that are excluded from the loss
   * @param windows the windows; null if they may start anywhere
   */
  record Tokens(int[] ids, @Nullable WindowRanges windows) {
    int targetCount() {
      int count = 0;
      for (int id : ids) {
        count += id >= 0 ? 1 : 0;
      }
      return count;
    }
  }
}
