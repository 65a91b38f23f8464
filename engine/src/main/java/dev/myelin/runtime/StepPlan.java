package dev.myelin.runtime;

import dev.myelin.error.MyelinException;
import dev.myelin.graph.Graph;
import dev.myelin.model.build.Network;
import dev.myelin.pass.Batch;
import dev.myelin.pass.Output;
import dev.myelin.pass.Segment;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;

/**
 * Which tokens a step computes. Every sequence that is generated gets its next token; the rest of
 * the budget is shared equally by the prompts. Confined to one thread at a time.
 */
final class StepPlan {
  /** Prompts of a step whose model has recurrent states: each is an operation of its own. */
  private static final int RECURRENT_PROMPTS = 2;

  private record Part(Work work, Segment segment) {}

  private final Stepper stepper;
  private final List<Part> parts = new ArrayList<>();
  private int tokens;

  private StepPlan(Stepper stepper) {
    this.stepper = stepper;
  }

  /**
   * Chooses among the work that waits. What cannot be begun fails.
   *
   * @param waiting those that have waited longest first
   * @param budget tokens of the step; a prompt that cannot be cut may exceed it
   */
  static StepPlan of(Stepper stepper, List<Work> waiting, int budget) {
    StepPlan plan = new StepPlan(stepper);
    plan.choose(waiting, budget);
    return plan;
  }

  private void choose(List<Work> waiting, int budget) {
    List<Work> prompts = new ArrayList<>();
    int batch = stepper.options().batch();
    Work first = waiting.getFirst();
    for (Work work : waiting) {
      if (!work.canJoin(first)) {
        continue;
      }
      if (!prepare(work)) {
        continue;
      }
      if (work.isDecode() && tokens < batch) {
        begin(work, 1);
      } else {
        prompts.add(work);
      }
    }
    choosePrompts(prompts, Math.min(batch, Math.max(budget, tokens + 1)), batch);
    if (!first.adapterScales().isEmpty()) {
      sortByAdapters();
    }
    if (stepper.states().isRecurrent()) {
      // its operations compute sequences of equal length together
      parts.sort(Comparator.comparingInt(p -> p.segment().count()));
    }
  }

  /** Places the sequences with the same adapters side by side: an update is a matmul for each. */
  private void sortByAdapters() {
    List<List<Float>> choices = new ArrayList<>();
    for (Part part : parts) {
      List<Float> scales = part.work().adapterScales();
      if (!choices.contains(scales)) {
        choices.add(scales);
      }
    }
    parts.sort(Comparator.comparingInt(p -> choices.indexOf(p.work().adapterScales())));
  }

  private static boolean prepare(Work work) {
    try {
      work.prepare();
      return true;
    } catch (MyelinException e) {
      work.fail(e);
      return false;
    }
  }

  private void choosePrompts(List<Work> prompts, int limit, int batch) {
    List<Work> chosen = new ArrayList<>();
    int most = stepper.states().isRecurrent() ? RECURRENT_PROMPTS : limit;
    for (Work work : prompts) {
      if (chosen.size() < most && !isComputedBy(chosen, work) && !isAheadIn(prompts, work)) {
        chosen.add(work);
      }
    }
    for (int i = 0; i < chosen.size() && tokens < limit; i++) {
      Work work = chosen.get(i);
      int share = Math.ceilDiv(limit - tokens, chosen.size() - i);
      if (!isWhole(work)) {
        begin(work, share);
      } else if (work.left() <= batch - tokens) {
        begin(work, work.left());
      }
    }
  }

  /** Whether all tokens must be in one batch. */
  private boolean isWhole(Work work) {
    return stepper.model().info().isOnePass()
        || work.stage().equals(Network.ENCODE)
        || work.emitted().contains(Output.SCORES);
  }

  /** Whether another sequence is about to compute the same page. */
  private static boolean isComputedBy(List<Work> chosen, Work work) {
    for (Work other : chosen) {
      if (work.hasSamePage(other)) {
        return true;
      }
    }
    return false;
  }

  /** Whether another sequence has begun to compute the same page. */
  private static boolean isAheadIn(List<Work> prompts, Work work) {
    for (Work other : prompts) {
      if (other.position() > work.position() && work.hasSamePage(other)) {
        return true;
      }
    }
    return false;
  }

  private void begin(Work work, int max) {
    try {
      Segment segment = work.begin(max);
      parts.add(new Part(work, segment));
      tokens += segment.count();
    } catch (MyelinException e) {
      work.fail(e);
    }
  }

  boolean isEmpty() {
    return parts.isEmpty();
  }

  int tokens() {
    return tokens;
  }

  List<Work> works() {
    List<Work> works = new ArrayList<>();
    for (Part part : parts) {
      works.add(part.work());
    }
    return works;
  }

  String stage() {
    return parts.getFirst().work().stage();
  }

  /** What is emitted: nothing if no token has an output. */
  Set<Output> emitted() {
    return outputs() == 0 ? Stepper.NOTHING : parts.getFirst().work().emitted();
  }

  private int outputs() {
    int sum = 0;
    for (Part part : parts) {
      sum += part.segment().outputs();
    }
    return sum;
  }

  /** The batch; one token has outputs in any case, since graphs have no empty tensors. */
  Batch batch() {
    List<Segment> segments = new ArrayList<>();
    for (Part part : parts) {
      segments.add(part.segment());
    }
    if (outputs() == 0) {
      Segment s = segments.removeLast();
      segments.add(new Segment(s.states(), s.ids(), s.from(), s.count(), s.position(), 1));
    }
    return new Batch(segments);
  }

  /** Copies the outputs to those who wait for them. */
  void copyOutputs(Graph graph) {
    giveOutputs(graph, false);
  }

  /** Has those who wait read the outputs of this last step in the memory of the graph. */
  void shareOutputs(Graph graph) {
    giveOutputs(graph, true);
  }

  private void giveOutputs(Graph graph, boolean isShared) {
    int all = outputs();
    int first = 0;
    for (Part part : parts) {
      int rows = part.segment().outputs();
      if (isShared) {
        part.work().share(graph, first, rows, all);
      } else {
        part.work().copy(graph, first, rows, all);
      }
      first += rows;
    }
  }
}
