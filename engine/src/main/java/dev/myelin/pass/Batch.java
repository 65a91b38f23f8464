package dev.myelin.pass;

import dev.myelin.graph.AdapterRanges;
import java.util.ArrayList;
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

  /** Which adapters the tokens have. */
  public AdapterRanges adapterRanges() {
    if (segments.getFirst().states().adapterScales().isEmpty()) {
      return AdapterRanges.NONE;
    }
    List<AdapterRanges.Range> ranges = new ArrayList<>();
    for (Segment s : segments) {
      List<Float> scales = s.states().adapterScales();
      AdapterRanges.Range last = ranges.isEmpty() ? null : ranges.getLast();
      if (last != null && last.scales().equals(scales)) {
        ranges.set(
            ranges.size() - 1,
            new AdapterRanges.Range(
                scales, last.tokens() + s.count(), last.outputs() + s.outputs()));
      } else {
        ranges.add(new AdapterRanges.Range(scales, s.count(), s.outputs()));
      }
    }
    return new AdapterRanges(ranges);
  }
}
