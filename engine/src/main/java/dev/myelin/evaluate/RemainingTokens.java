package dev.myelin.evaluate;

import dev.myelin.generate.Feed;
import dev.myelin.generate.Session;
import dev.myelin.pass.LengthBatches;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Scores the tokens of continuations after their first ones: as many continuations at once as fit
 * into a batch and the session's runtime has room for. Confined to one thread at a time.
 */
final class RemainingTokens {
  private final Scorer scorer;
  private final Session session;
  private final List<int[]> sequences;
  private final int context;
  private final double[] sums;

  /**
   * @param session holds the common context
   * @param sequences context and continuations
   * @param context number of its tokens
   */
  RemainingTokens(Scorer scorer, Session session, List<int[]> sequences, int context) {
    this.scorer = scorer;
    this.session = session;
    this.sequences = sequences;
    this.context = context;
    sums = new double[sequences.size()];
  }

  /** The log-probability of each continuation without its first token; 0 if it has no others. */
  double[] score() {
    List<Integer> left = new ArrayList<>();
    for (int i = 0; i < sums.length; i++) {
      if (inputs(i) > 0) {
        left.add(i);
      }
    }
    if (left.isEmpty()) {
      return sums;
    }
    int[] lengths = left.stream().mapToInt(this::inputs).toArray();
    int batch = session.options().batch();
    try (Forks sessions = new Forks(session, left.size())) {
      for (List<Integer> together : LengthBatches.of(lengths, batch, sessions.count())) {
        List<Integer> indices = together.stream().map(left::get).toList();
        if (indices.size() == 1) {
          scoreAlone(indices.getFirst());
        } else {
          scoreTogether(indices, sessions);
        }
      }
    }
    return sums;
  }

  /** Tokens to compute: all after the context but the last one. */
  private int inputs(int index) {
    return sequences.get(index).length - 1 - context;
  }

  private void scoreAlone(int index) {
    int[] tokens = sequences.get(index);
    session.feedAll(
        Arrays.copyOfRange(tokens, context, tokens.length - 1),
        (position, logits) -> add(index, position, logits, 0));
    session.truncate(context);
  }

  private void scoreTogether(List<Integer> indices, Forks sessions) {
    List<Feed> feeds = new ArrayList<>();
    for (int i = 0; i < indices.size(); i++) {
      int[] tokens = sequences.get(indices.get(i));
      int[] inputs = Arrays.copyOfRange(tokens, context, tokens.length - 1);
      feeds.add(new Feed(sessions.get(i), inputs, inputs.length));
    }
    List<MemorySegment> logits = Feed.logits(feeds);
    for (int i = 0; i < indices.size(); i++) {
      for (int row = 0; row < feeds.get(i).outputs(); row++) {
        add(indices.get(i), context + row, logits.get(i), row);
      }
      sessions.get(i).truncate(context);
    }
  }

  private void add(int index, int position, MemorySegment logits, int row) {
    scorer.readLogits(logits, row);
    sums[index] += scorer.logProbability(sequences.get(index)[position + 1]);
  }
}
