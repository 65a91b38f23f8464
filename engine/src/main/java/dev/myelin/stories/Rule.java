package dev.myelin.stories;

import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Alternative templates for a part of a story.
 *
 * @param isEvent whether the alternatives differ in what happens, not only in wording; each then
 *     makes a different plot
 */
record Rule(String name, boolean isEvent, List<Line> lines) {

  /**
   * One alternative and its conditions.
   *
   * @param requires flags that must be set
   * @param excludes flags that must not be set
   * @param sets flags that this line sets
   */
  record Line(
      int weight, Set<String> requires, Set<String> excludes, Set<String> sets, Template template) {

    boolean matches(Set<String> flags) {
      return flags.containsAll(requires) && excludes.stream().noneMatch(flags::contains);
    }

    /** Parses a line: prefixes {@code ?flag ?!flag +flag *weight}, then the template. */
    static Line parse(String text) {
      Set<String> requires = new HashSet<>();
      Set<String> excludes = new HashSet<>();
      Set<String> sets = new HashSet<>();
      int weight = 1;
      String rest = text;
      while (rest.matches("[?+*]!?\\w+ .*")) {
        String prefix = rest.substring(0, rest.indexOf(' '));
        rest = rest.substring(prefix.length() + 1);
        if (prefix.startsWith("?!")) {
          excludes.add(prefix.substring(2));
        } else if (prefix.startsWith("?")) {
          requires.add(prefix.substring(1));
        } else if (prefix.startsWith("+")) {
          sets.add(prefix.substring(1));
        } else {
          weight = Integer.parseInt(prefix.substring(1));
        }
      }
      return new Line(weight, requires, excludes, sets, TemplateParser.parse(rest));
    }
  }
}
