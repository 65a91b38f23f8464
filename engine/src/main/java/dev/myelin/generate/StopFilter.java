package dev.myelin.generate;

import java.util.List;

/**
 * Passes text through up to the first stop string. Holds back text that may be the start of one.
 */
final class StopFilter {
  private final List<String> stops;
  private final StringBuilder pending = new StringBuilder();
  private boolean stopped;

  StopFilter(List<String> stops) {
    this.stops = stops;
  }

  /** Adds text; returns the text that can be emitted now. */
  String push(String text) {
    if (stopped) {
      return "";
    }
    pending.append(text);
    int end = -1;
    for (String stop : stops) {
      int at = pending.indexOf(stop);
      if (at >= 0 && (end < 0 || at < end)) {
        end = at;
      }
    }
    if (end >= 0) {
      stopped = true;
      String released = pending.substring(0, end);
      pending.setLength(0);
      return released;
    }
    return release(pending.length() - longestPartialMatch());
  }

  /** Returns the pending text at the end of the generation. */
  String flush() {
    return stopped ? "" : release(pending.length());
  }

  boolean isStopped() {
    return stopped;
  }

  private String release(int length) {
    String released = pending.substring(0, length);
    pending.delete(0, length);
    return released;
  }

  /** Length of the longest suffix that is the start of a stop string. */
  private int longestPartialMatch() {
    int longest = 0;
    for (String stop : stops) {
      int max = Math.min(stop.length() - 1, pending.length());
      for (int n = max; n > longest; n--) {
        if (stop.startsWith(pending.substring(pending.length() - n))) {
          longest = n;
        }
      }
    }
    return longest;
  }
}
