package dev.myelin.cli.bench;

import dev.myelin.bench.BenchPlan;
import java.util.List;

/**
 * Columns of a table that are not always there.
 *
 * @param batch whether plans differ in it
 * @param cacheType whether plans differ in it
 * @param resources whether they are measured
 * @param limits whether they are measured
 * @param parallel whether sequences are computed together
 */
record OptionalColumns(
    boolean batch, boolean cacheType, boolean resources, boolean limits, boolean parallel) {
  static final OptionalColumns NONE = new OptionalColumns(false, false, false, false, false);

  static OptionalColumns of(List<BenchPlan> plans) {
    return new OptionalColumns(
        plans.stream().map(p -> p.session().batch()).distinct().count() > 1,
        plans.stream().map(p -> p.session().cacheType()).distinct().count() > 1,
        plans.stream().anyMatch(p -> p.coldRuns() != null),
        plans.stream().anyMatch(BenchPlan::limits),
        plans.stream().anyMatch(p -> p.sequences() > 0));
  }
}
