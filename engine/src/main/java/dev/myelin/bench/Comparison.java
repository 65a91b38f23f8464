package dev.myelin.bench;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Two engines' times of one test, taken in turns: sample i of one right before i of the other. */
public record Comparison(BenchResult ours, BenchResult peer) {
  /** How many times as fast ours is, by the medians of all turns. */
  public double ratio() {
    return ours.samples().percentileRate(50) / peer.samples().percentileRate(50);
  }

  /** Likewise of each pair of turns, which load from outside meets alike. */
  public List<Double> pairRatios() {
    List<Double> ratios = new ArrayList<>();
    for (int i = 0; i < ours.samples().nanos().size(); i++) {
      double ourNanos = ours.samples().nanos().get(i);
      ratios.add(peer.samples().nanos().get(i) / ourNanos);
    }
    return ratios;
  }

  /** The median of {@link #pairRatios}. */
  public double pairRatio() {
    double[] sorted = pairRatios().stream().mapToDouble(Double::doubleValue).sorted().toArray();
    return Samples.percentile(sorted, 50);
  }

  /** The columns that a comparison adds to a table. */
  public Map<String, Object> fields() {
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("peer", peer.engine());
    all.put("peer_p50_ts", peer.samples().percentileRate(50));
    all.put("ratio_p50", ratio());
    all.put("ratio_pairs", pairRatio());
    all.put("ratios", pairRatios());
    return all;
  }
}
