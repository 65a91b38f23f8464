package dev.myelin.stories;

import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Ways to say something.
 *
 * @param event whether they differ in what happens, not only in words: a plot counts as another one
 *     then
 */
record Rule(String name, boolean event, List<Line> lines) {

  /**
   * One way, and where it fits.
   *
   * @param with flags that must be set
   * @param without flags that must not be
   * @param sets flags that it sets
   */
  record Line(int weight, Set<String> with, Set<String> without, Set<String> sets, Part template) {

    boolean fits(Set<String> flags) {
      return flags.containsAll(with) && without.stream().noneMatch(flags::contains);
    }

    /** Reads the marks before the template: {@code ?flag ?!flag +flag *weight}. */
    static Line parse(String text) {
      Set<String> with = new HashSet<>();
      Set<String> without = new HashSet<>();
      Set<String> sets = new HashSet<>();
      int weight = 1;
      String rest = text;
      while (rest.matches("[?+*]!?\\w+ .*")) {
        String mark = rest.substring(0, rest.indexOf(' '));
        rest = rest.substring(mark.length() + 1);
        if (mark.startsWith("?!")) {
          without.add(mark.substring(2));
        } else if (mark.startsWith("?")) {
          with.add(mark.substring(1));
        } else if (mark.startsWith("+")) {
          sets.add(mark.substring(1));
        } else {
          weight = Integer.parseInt(mark.substring(1));
        }
      }
      return new Line(weight, with, without, sets, TemplateParser.parse(rest));
    }
  }
}
