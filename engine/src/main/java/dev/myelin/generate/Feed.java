package dev.myelin.generate;

import dev.myelin.concurrent.ExclusiveUse;
import dev.myelin.error.InvalidRequestException;
import dev.myelin.pass.Output;
import dev.myelin.runtime.ModelRuntime;
import dev.myelin.runtime.Request;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * Tokens for one of several sessions that are computed together: those of one runtime, each once.
 * If all fit into a batch and are in the order of their lengths, one pass computes them. The
 * sessions are confined to the calling thread; results are valid until one of them is used again.
 * Immutable and thread-safe, but shares {@code tokens}.
 *
 * @param tokens one or more
 * @param outputs how many of the last have results: 1, or any number if there are at most {@link
 *     SessionOptions#batch} tokens
 */
public record Feed(Session session, int[] tokens, int outputs) {
  /**
   * Appends the tokens.
   *
   * @return the logits of each, f32 [outputs][vocabulary]
   * @throws InvalidRequestException as {@link Session#feed}, and if sessions are of different
   *     runtimes or a number of outputs is out of range
   * @throws dev.myelin.error.CancelledException if one of the sessions was cancelled; complete
   *     batches are kept
   * @throws dev.myelin.error.CapacityException if other sessions hold the memory that one needs
   */
  public static List<MemorySegment> logits(List<Feed> feeds) {
    return compute(feeds, Output.LOGITS);
  }

  /**
   * Replaces the tokens of the sessions.
   *
   * @return the hidden states of each, after the last norm: f32 [outputs][width]
   * @throws InvalidRequestException as {@link #logits}
   */
  public static List<MemorySegment> hidden(List<Feed> feeds) {
    return compute(feeds, Output.HIDDEN);
  }

  /**
   * Replaces the tokens of the sessions.
   *
   * @return the inputs of a layer of each, as {@link Session#feedLayerInputs}: f32 [outputs][width]
   * @throws InvalidRequestException as {@link #logits}, and if the model has no such layer
   */
  public static List<MemorySegment> layerInputs(List<Feed> feeds, int layer) {
    return compute(feeds, Output.layerInput(layer));
  }

  /**
   * Replaces the tokens of the sessions. Each has one output.
   *
   * @return the scores of the model's classification head for each, f32 [classes]
   * @throws InvalidRequestException as {@link #logits}, and if the model has no such head
   */
  public static List<MemorySegment> scores(List<Feed> feeds) {
    return compute(feeds, Output.SCORES);
  }

  private static List<MemorySegment> compute(List<Feed> feeds, Output output) {
    List<ExclusiveUse> uses = new ArrayList<>();
    List<Request> requests = new ArrayList<>();
    try {
      for (Feed feed : feeds) {
        Session session = feed.session;
        uses.add(session.use());
        if (session.runtime() != feeds.getFirst().session.runtime()) {
          throw new InvalidRequestException(session + ": expected a session of the same runtime");
        }
        requests.add(session.request(feed.tokens, feed.outputs, output));
      }
      ModelRuntime runtime = feeds.getFirst().session.runtime();
      return runtime.compute(requests, output);
    } finally {
      uses.forEach(ExclusiveUse::close);
    }
  }
}
