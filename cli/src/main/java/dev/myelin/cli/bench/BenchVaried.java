package dev.myelin.cli.bench;

import dev.myelin.bench.BenchPlan;
import java.util.List;

/** Which settings differ among the plans: a table then has a column for them. */
record BenchVaried(boolean batch, boolean cacheType) {
  static final BenchVaried NOTHING = new BenchVaried(false, false);

  static BenchVaried among(List<BenchPlan> plans) {
    return new BenchVaried(
        plans.stream().map(p -> p.session().batch()).distinct().count() > 1,
        plans.stream().map(p -> p.session().cacheType()).distinct().count() > 1);
  }
}
