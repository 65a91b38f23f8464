package dev.myelin.generate;

import java.util.List;

/**
 * Lets text through up to the first stop string. What could be the beginning of one is held back
 * until it is clear.
 */
final class StopFilter {
  private final List<String> stops;
  private final StringBuilder held = new StringBuilder();
  private boolean stopped;

  StopFilter(List<String> stops) {
    this.stops = stops;
  }

  /** Adds text; returns what may be shown now. */
  String push(String text) {
    if (stopped) {
      return "";
    }
    held.append(text);
    int end = -1;
    for (String stop : stops) {
      int at = held.indexOf(stop);
      if (at >= 0 && (end < 0 || at < end)) {
        end = at;
      }
    }
    if (end >= 0) {
      stopped = true;
      String shown = held.substring(0, end);
      held.setLength(0);
      return shown;
    }
    return release(held.length() - longestBeginning());
  }

  /** The end of the text: nothing can follow what is held back. */
  String flush() {
    return stopped ? "" : release(held.length());
  }

  boolean isStopped() {
    return stopped;
  }

  private String release(int length) {
    String shown = held.substring(0, length);
    held.delete(0, length);
    return shown;
  }

  /** How many of the last characters are the beginning of a stop string. */
  private int longestBeginning() {
    int longest = 0;
    for (String stop : stops) {
      int most = Math.min(stop.length() - 1, held.length());
      for (int n = most; n > longest; n--) {
        if (stop.startsWith(held.substring(held.length() - n))) {
          longest = n;
        }
      }
    }
    return longest;
  }
}
