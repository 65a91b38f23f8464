package dev.myelin.graph;

import dev.myelin.error.MyelinException;
import java.util.ArrayList;
import java.util.List;

/**
 * Which of a model's adapters the tokens of a graph have. Immutable and thread-safe.
 *
 * @param ranges in the order of the tokens; empty if all tokens have all adapters
 */
public record AdapterRanges(List<Range> ranges) {
  /** All tokens have all adapters, with the scales that they were loaded with. */
  public static final AdapterRanges NONE = new AdapterRanges(List.of());

  /**
   * Consecutive tokens with the same adapters.
   *
   * @param scales of the model's adapters, by their numbers; 0 leaves an adapter out
   * @param tokens number of tokens
   * @param outputs how many of them have outputs
   */
  public record Range(List<Float> scales, int tokens, int outputs) {
    // see CachedPass.Shape
    @Override
    public boolean equals(Object other) {
      return other instanceof Range r
          && tokens == r.tokens
          && outputs == r.outputs
          && scales.equals(r.scales);
    }

    @Override
    public int hashCode() {
      return 31 * (31 * tokens + outputs) + scales.hashCode();
    }
  }

  /** Consecutive rows of a tensor to which an adapter applies, with a scale other than 0. */
  public record Rows(long from, long count, float scale) {}

  /** The same adapters for all tokens. */
  public static AdapterRanges of(List<Float> scales, int tokens, int outputs) {
    return scales.isEmpty() ? NONE : new AdapterRanges(List.of(new Range(scales, tokens, outputs)));
  }

  public AdapterRanges {
    ranges = List.copyOf(ranges);
  }

  /**
   * The rows of a tensor to which an adapter applies.
   *
   * @param adapter its number in the model, from 0
   * @param usual its scale if there are no ranges
   * @param rows of the tensor: one for each token, or one for each token with outputs
   * @throws MyelinException if there are several ranges and the rows are neither
   */
  public List<Rows> rows(int adapter, float usual, long rows) {
    if (ranges.size() < 2) {
      float scale = ranges.isEmpty() ? usual : ranges.getFirst().scales().get(adapter);
      return scale == 0 ? List.of() : List.of(new Rows(0, rows, scale));
    }
    long tokens = 0;
    long outputs = 0;
    for (Range range : ranges) {
      tokens += range.tokens();
      outputs += range.outputs();
    }
    if (rows != tokens && rows != outputs) {
      throw new MyelinException(
          "adapters: " + rows + " rows for " + tokens + " tokens of several sequences");
    }
    List<Rows> all = new ArrayList<>();
    long from = 0;
    for (Range range : ranges) {
      long count = rows == tokens ? range.tokens() : range.outputs();
      float scale = range.scales().get(adapter);
      if (scale != 0 && count > 0) {
        all.add(new Rows(from, count, scale));
      }
      from += count;
    }
    return all;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof AdapterRanges r && ranges.equals(r.ranges);
  }

  @Override
  public int hashCode() {
    return ranges.hashCode();
  }
}
