package dev.myelin.pass;

import java.util.List;

/**
 * The tokens of one pass, sequence by sequence. Segments of the same length are adjacent if the
 * model has recurrent states. Immutable.
 */
public record Batch(List<Segment> segments) {
  public Batch {
    segments = List.copyOf(segments);
  }

  /** Number of tokens. */
  public int tokens() {
    int sum = 0;
    for (Segment s : segments) {
      sum += s.count();
    }
    return sum;
  }

  /** Number of tokens with outputs. */
  public int outputs() {
    int sum = 0;
    for (Segment s : segments) {
      sum += s.outputs();
    }
    return sum;
  }
}
