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
 * Conversations. A window holds one of them from its start, or what did not fit into the window
 * before; the rest of it is padding.
 */
final class ChatText extends TrainingText {
  private final List<ChatSample> training;
  private final List<ChatSample> heldOut;

  ChatText(List<ChatSample> training, List<ChatSample> heldOut) {
    this.training = List.copyOf(training);
    this.heldOut = List.copyOf(heldOut);
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
                        "expected one to render conversations with"));
    ChatEncoder encoder = new ChatEncoder(template, model.tokenizer());
    Tokens learned = tokens(training, encoder);
    Tokens measured = tokens(heldOut, encoder);
    return new Encoded(learned, measured, true, encoder.notes());
  }

  /** The conversations one after the other; their pieces are cut once the window is known. */
  private static Tokens tokens(List<ChatSample> samples, ChatEncoder encoder) {
    List<int[]> parts = new ArrayList<>(samples.size());
    long size = 0;
    for (ChatSample sample : samples) {
      int[] part = encoded(sample, encoder);
      parts.add(part);
      size += part.length;
    }
    if (size > Integer.MAX_VALUE - 16) {
      throw new InvalidRequestException(
          size + " tokens of conversations: expected fewer than 2^31; learn from less text");
    }
    int[] ids = new int[(int) size];
    int[] starts = new int[samples.size()];
    int[] ends = new int[samples.size()];
    int at = 0;
    for (int i = 0; i < starts.length; i++) {
      int[] part = parts.get(i);
      System.arraycopy(part, 0, ids, at, part.length);
      starts[i] = at;
      at += part.length;
      ends[i] = at;
    }
    return new Tokens(ids, new Pieces(starts, ends));
  }

  private static int[] encoded(ChatSample sample, ChatEncoder encoder) {
    try {
      return encoder.encode(sample);
    } catch (InvalidRequestException e) {
      throw new InvalidRequestException(sample.source() + ": " + e.getMessage());
    } catch (ModelFileException e) {
      throw e; // the template itself is wrong
    } catch (MyelinException e) {
      throw new MyelinException(sample.source() + ": " + e.getMessage(), e);
    }
  }

  /**
   * Cuts conversations into windows: at every {@code context} tokens, without those windows in
   * which nothing is learned.
   */
  static Pieces windows(Tokens conversations, BatchShape shape) {
    Pieces whole = conversations.pieces();
    int[] ids = conversations.ids();
    int[] starts = new int[16];
    int[] ends = new int[16];
    int count = 0;
    for (int c = 0; c < whole.count(); c++) {
      int end = whole.ends()[c];
      for (int from = whole.starts()[c]; from < end - 1; from += shape.context()) {
        if (learns(ids, from + 1, Math.min(end, from + shape.window()))) {
          if (count == starts.length) {
            starts = Arrays.copyOf(starts, 2 * count);
            ends = Arrays.copyOf(ends, 2 * count);
          }
          starts[count] = from;
          ends[count++] = end;
        }
      }
    }
    return new Pieces(Arrays.copyOf(starts, count), Arrays.copyOf(ends, count));
  }

  private static boolean learns(int[] ids, int from, int to) {
    for (int i = from; i < to; i++) {
      if (ids[i] >= 0) {
        return true;
      }
    }
    return false;
  }
}
