package dev.myelin.cli.bench;

import dev.myelin.bench.BenchPlan;
import java.util.List;

/** The settings that differ between plans, which become columns of a table. */
record VaryingSettings(boolean batch, boolean cacheType) {
  static final VaryingSettings NONE = new VaryingSettings(false, false);

  static VaryingSettings among(List<BenchPlan> plans) {
    return new VaryingSettings(
        plans.stream().map(p -> p.session().batch()).distinct().count() > 1,
        plans.stream().map(p -> p.session().cacheType()).distinct().count() > 1);
  }
}
