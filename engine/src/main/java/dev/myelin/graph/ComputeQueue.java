package dev.myelin.graph;

import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;

/**
 * Lets one computation of the process run at a time, in the order in which they were asked for.
 * Thread-safe.
 */
final class ComputeQueue {
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final Queue<Object> entries = new ArrayDeque<>();

  /**
   * Waits for its turn, which lasts until {@link #leave}. An interrupt does not end it and is kept.
   *
   * @param cancelled ends the wait; {@link #wake} tells that it has changed
   * @return false if cancelled: it is not its turn then
   */
  boolean enter(BooleanSupplier cancelled) {
    Object entry = new Object();
    lock.lock();
    try {
      entries.add(entry);
      while (entries.peek() != entry && !cancelled.getAsBoolean()) {
        changed.awaitUninterruptibly();
      }
      if (entries.peek() == entry) {
        return true;
      }
      entries.remove(entry);
      return false;
    } finally {
      lock.unlock();
    }
  }

  /** Ends the turn of the computation that runs. */
  void leave() {
    lock.lock();
    try {
      entries.remove();
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

  /** How many wait for their turn or have it; for tests. */
  int length() {
    lock.lock();
    try {
      return entries.size();
    } finally {
      lock.unlock();
    }
  }
}
