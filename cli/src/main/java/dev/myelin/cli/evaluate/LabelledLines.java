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
    List<Line> plain = new ArrayList<>();
    List<Line> labelled = new ArrayList<>();
    Line bad = null;
    boolean known = false;
    boolean tabs = true;
    int number = 0;
    for (String ended : text.split("\n", -1)) {
      String line = ended.endsWith("\r") ? ended.substring(0, ended.length() - 1) : ended;
      number++;
      if (line.isBlank()) {
        continue;
      }
      plain.add(new Line(number, line, -1));
      int tab = line.indexOf('\t');
      int label = tab < 0 ? -1 : labels.indexOf(line.substring(0, tab).strip());
      tabs &= tab >= 0;
      known |= label >= 0;
      if (label >= 0) {
        labelled.add(new Line(number, line.substring(tab + 1), label));
      } else if (bad == null) {
        bad = plain.getLast();
      }
    }
    if (plain.isEmpty()) {
      throw new InvalidRequestException(name + ": no text: expected one per line");
    }
    if (!known && !tabs) {
      return new LabelledLines(plain, false);
    }
    if (bad != null) {
      int tab = bad.text.indexOf('\t');
      String found = tab < 0 ? "no label and tab" : "label '" + bad.text.substring(0, tab) + "'";
      throw new InvalidRequestException(
          "%s, line %s: %s: expected one of %s before a tab"
              .formatted(name, bad.number, found, String.join(", ", labels)));
    }
    return new LabelledLines(labelled, true);
  }
}
