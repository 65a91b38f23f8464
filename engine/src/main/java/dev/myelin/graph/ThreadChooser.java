package dev.myelin.graph;

/**
 * Chooses the number of threads of each step (a graph that is computed), by how fast the last ones
 * were. As long as the computing threads keep their CPUs, it is the number that was asked for. If
 * they lose them to other programs, some steps are computed by fewer threads, and the number that
 * was faster is kept for a while. Not thread-safe.
 */
final class ThreadChooser {
  /** Steps over which speeds are compared. */
  static final int TRIAL_STEPS = 4;

  /** Steps until another number is tried again. */
  static final int HOLD_STEPS = 96;

  /** Part of the time that a thread may be without a CPU before it counts as preempted. */
  private static final double PREEMPTED = 0.15;

  /** How much faster another number has to be. */
  private static final double FASTER = 1.05;

  /** Shorter steps tell nothing. */
  private static final long LEAST_NANOS = 500_000;

  private int requested;

  /** The best number known. */
  private int current;

  /** The number of the steps that are measured: {@link #current}, or one that is tried. */
  private int measured;

  /** Speed of {@link #current}, 0 if it was not measured. */
  private double speed;

  private int kind;
  private int steps;
  private int holdFewer;
  private int holdMore;
  private double work;
  private double nanos;
  private double lost;

  /** Threads for the next step. */
  int choose(int threads) {
    if (threads != requested) {
      requested = threads;
      keep(threads);
      holdFewer = 0;
      holdMore = 0;
    }
    return measured;
  }

  /**
   * Tells how the last step went.
   *
   * @param threads that {@link #choose} gave
   * @param stepWork what it computed, in any unit
   * @param stepNanos its time
   * @param stepLost time of it in which the calling thread had no CPU, or slept until a thread
   *     without one had finished
   */
  void record(int threads, double stepWork, long stepNanos, long stepLost) {
    if (threads != measured || requested == 1 || stepNanos < LEAST_NANOS) {
      return;
    }
    int stepKind = Math.getExponent(stepWork);
    if (stepKind != kind) {
      // prompts and single tokens have other speeds
      kind = stepKind;
      keep(current);
    }
    work += stepWork;
    nanos += stepNanos;
    lost += stepLost;
    if (++steps == TRIAL_STEPS) {
      judge();
    }
  }

  private void judge() {
    double newSpeed = work / nanos;
    boolean preempted = lost > PREEMPTED * nanos;
    holdFewer = Math.max(0, holdFewer - TRIAL_STEPS);
    holdMore = Math.max(0, holdMore - TRIAL_STEPS);
    if (measured != current) {
      endTrial(newSpeed > FASTER * speed);
      return;
    }
    keep(current);
    speed = newSpeed;
    if (current < requested && holdMore == 0) {
      measured = requested;
    } else if (preempted && holdFewer == 0) {
      measured = Math.max(1, current - Math.max(1, current / 4));
    }
  }

  /** What was tried is kept if it is faster; fewer threads are then tried at once. */
  private void endTrial(boolean isFaster) {
    boolean wereFewer = measured < current;
    if (wereFewer == isFaster) {
      holdMore = HOLD_STEPS;
    }
    if (wereFewer != isFaster) {
      holdFewer = HOLD_STEPS;
    }
    keep(isFaster ? measured : current);
  }

  /** Goes on with a number of threads, and measures it from the beginning. */
  private void keep(int threads) {
    current = threads;
    measured = threads;
    steps = 0;
    work = 0;
    nanos = 0;
    lost = 0;
  }
}
