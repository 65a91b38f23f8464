package dev.myelin.graph;

import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;

/**
 * Admits computations in the order in which they were asked for, as long as their weights are at
 * most the capacity together. Thread-safe.
 */
final class ComputeQueue {
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final Queue<Object> waiting = new ArrayDeque<>();
  private final int capacity;
  private int used;

  ComputeQueue(int capacity) {
    this.capacity = capacity;
  }

  /**
   * Waits until a computation may run, which it does until {@link #leave}. An interrupt does not
   * end the wait and is kept.
   *
   * @param weight at most the capacity
   * @param cancelled ends the wait; {@link #wake} tells that it has changed
   * @return false if cancelled: the computation may not run then
   */
  boolean enter(int weight, BooleanSupplier cancelled) {
    Object entry = new Object();
    lock.lock();
    try {
      waiting.add(entry);
      while (!isNext(entry, weight) && !cancelled.getAsBoolean()) {
        changed.awaitUninterruptibly();
      }
      boolean isNext = isNext(entry, weight);
      if (isNext) {
        used += weight;
      }
      waiting.remove(entry);
      changed.signalAll();
      return isNext;
    } finally {
      lock.unlock();
    }
  }

  private boolean isNext(Object entry, int weight) {
    return waiting.peek() == entry && used + weight <= capacity;
  }

  /** Ends a computation of this weight. */
  void leave(int weight) {
    lock.lock();
    try {
      used -= weight;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Lets those who wait look whether they are cancelled. */
  void wake() {
    lock.lock();
    try {
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** How many wait; for tests. */
  int length() {
    lock.lock();
    try {
      return waiting.size();
    } finally {
      lock.unlock();
    }
  }

  /** The weight of the computations that run; for tests. */
  int used() {
    lock.lock();
    try {
      return used;
    } finally {
      lock.unlock();
    }
  }
}
