package dev.myelin.hub;

/** Follows a download. Called in the thread that calls {@link Pull#run}. */
public interface PullListener {
  /** A listener that does nothing. */
  PullListener NONE = new PullListener() {};

  /** So many bytes of all files are on disk. */
  default void downloaded(long bytes, long total) {}

  /** So many bytes of all files were read to compute their sums. */
  default void verified(long bytes, long total) {}

  /** Another thread or process downloads the same model; this one waits for it. */
  default void waiting() {}
}
