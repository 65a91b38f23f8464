package dev.myelin.cli.evaluate;

import dev.myelin.error.InvalidRequestException;
import java.util.ArrayList;
import java.util.List;

/**
 * Texts to classify, one per line, optionally with the correct label and a tab before each.
 *
 * @param labelled whether the lines have labels
 */
record LabelledLines(List<Line> lines, boolean labelled) {
  /**
   * @param number the line number, from 1
   * @param actual index of the correct label, -1 without one
   */
  record Line(int number, String text, int actual) {}

  /**
   * Parses a text. Blank lines are skipped. Lines have labels if at least one begins with a label
   * and a tab, or all contain a tab; then every line must have one.
   *
   * @param name of the file, for messages
   * @throws InvalidRequestException if there is no text, or a line has no label while others do
   */
  static LabelledLines of(String name, String text, List<String> labels) {
    List<Line> unlabelled = new ArrayList<>();
    List<Line> labelled = new ArrayList<>();
    Line firstUnlabelled = null;
    boolean hasKnownLabel = false;
    boolean allHaveTabs = true;
    int number = 0;
    for (String rawLine : text.split("\n", -1)) {
      String line = rawLine.endsWith("\r") ? rawLine.substring(0, rawLine.length() - 1) : rawLine;
      number++;
      if (line.isBlank()) {
        continue;
      }
      unlabelled.add(new Line(number, line, -1));
      int tab = line.indexOf('\t');
      int label = tab < 0 ? -1 : labels.indexOf(line.substring(0, tab).strip());
      allHaveTabs &= tab >= 0;
      hasKnownLabel |= label >= 0;
      if (label >= 0) {
        labelled.add(new Line(number, line.substring(tab + 1), label));
      } else if (firstUnlabelled == null) {
        firstUnlabelled = unlabelled.getLast();
      }
    }
    if (unlabelled.isEmpty()) {
      throw new InvalidRequestException(name + ": no text: expected one per line");
    }
    if (!hasKnownLabel && !allHaveTabs) {
      return new LabelledLines(unlabelled, false);
    }
    if (firstUnlabelled != null) {
      int tab = firstUnlabelled.text.indexOf('\t');
      String found =
          tab < 0 ? "no label and tab" : "label '" + firstUnlabelled.text.substring(0, tab) + "'";
      throw new InvalidRequestException(
          "%s, line %s: %s: expected one of %s before a tab"
              .formatted(name, firstUnlabelled.number, found, String.join(", ", labels)));
    }
    return new LabelledLines(labelled, true);
  }
}
