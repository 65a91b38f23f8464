package dev.myelin.train;

import dev.myelin.chat.ChatTemplate;
import dev.myelin.error.InvalidRequestException;
import dev.myelin.error.ModelFileException;
import dev.myelin.error.MyelinException;
import dev.myelin.model.Model;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Conversations as training data. A window holds the start of one conversation, or its
 * continuation; the rest is padding.
 */
final class ChatText extends TrainingText {
  private final List<ChatSample> training;
  private final List<ChatSample> validation;

  ChatText(List<ChatSample> training, List<ChatSample> validation) {
    this.training = List.copyOf(training);
    this.validation = List.copyOf(validation);
  }

  @Override
  Encoded encode(Model model, int threads) {
    ChatTemplate template =
        model
            .chatTemplate()
            .orElseThrow(
                () ->
                    new ModelFileException(
                        model.file().path(),
                        "no tokenizer.chat_template",
                        "expected a chat template to render conversations"));
    ChatEncoder encoder = new ChatEncoder(template, model.tokenizer());
    Tokens trainingTokens = tokens(training, encoder);
    Tokens validationTokens = tokens(validation, encoder);
    return new Encoded(trainingTokens, validationTokens, true, encoder.notes());
  }

  /**
   * Concatenates the conversations. They are cut into windows later, when the window length is
   * known.
   */
  private static Tokens tokens(List<ChatSample> samples, ChatEncoder encoder) {
    List<int[]> parts = new ArrayList<>(samples.size());
    long size = 0;
    for (ChatSample sample : samples) {
      int[] part = encode(sample, encoder);
      parts.add(part);
      size += part.length;
    }
    if (size > Integer.MAX_VALUE - 16) {
      throw new InvalidRequestException(
          size + " tokens of conversations: expected fewer than 2^31; use less text");
    }
    int[] ids = new int[(int) size];
    int[] starts = new int[samples.size()];
    int[] ends = new int[samples.size()];
    int position = 0;
    for (int i = 0; i < starts.length; i++) {
      int[] part = parts.get(i);
      System.arraycopy(part, 0, ids, position, part.length);
      starts[i] = position;
      position += part.length;
      ends[i] = position;
    }
    return new Tokens(ids, new WindowRanges(starts, ends));
  }

  private static int[] encode(ChatSample sample, ChatEncoder encoder) {
    try {
      return encoder.encode(sample);
    } catch (InvalidRequestException e) {
      throw new InvalidRequestException(sample.source() + ": " + e.getMessage());
    } catch (ModelFileException e) {
      throw e; // an error of the template itself
    } catch (MyelinException e) {
      throw new MyelinException(sample.source() + ": " + e.getMessage(), e);
    }
  }

  /**
   * Cuts conversations into windows of {@code context} tokens, and drops windows without any token
   * that counts in the loss.
   */
  static WindowRanges cutIntoWindows(Tokens conversations, BatchShape shape) {
    WindowRanges samples = conversations.windows();
    int[] ids = conversations.ids();
    int[] starts = new int[16];
    int[] ends = new int[16];
    int count = 0;
    for (int c = 0; c < samples.count(); c++) {
      int end = samples.ends()[c];
      for (int from = samples.starts()[c]; from < end - 1; from += shape.context()) {
        if (hasTarget(ids, from + 1, Math.min(end, from + shape.windowLength()))) {
          if (count == starts.length) {
            starts = Arrays.copyOf(starts, 2 * count);
            ends = Arrays.copyOf(ends, 2 * count);
          }
          starts[count] = from;
          ends[count++] = end;
        }
      }
    }
    return new WindowRanges(Arrays.copyOf(starts, count), Arrays.copyOf(ends, count));
  }

  private static boolean hasTarget(int[] ids, int from, int to) {
    for (int i = from; i < to; i++) {
      if (ids[i] >= 0) {
        return true;
      }
    }
    return false;
  }
}
