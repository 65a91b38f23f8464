package dev.myelin.concurrent;

/** Waits that an interrupt does not end. Stateless and thread-safe. */
public final class Uninterruptible {
  private Uninterruptible() {}

  /** A wait that an interrupt ends. */
  @FunctionalInterface
  public interface Wait {
    void run() throws InterruptedException;
  }

  /** Waits, again after an interrupt, which is kept for the caller. */
  public static void run(Wait wait) {
    boolean interrupted = false;
    while (true) {
      try {
        wait.run();
        break;
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
