package dev.myelin.stories;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The word lists, rules and plots, read from resource files. {@code shared.txt} explains the
 * syntax.
 */
final class Grammar {
  /**
   * A kind of story.
   *
   * @param flags what the plot requires or sets: {@code human}, {@code animal}, ...
   */
  record Plot(String name, Set<String> flags, Rule alternatives) {}

  private final Map<String, List<Word>> words = new LinkedHashMap<>();
  private final Map<String, Rule> rules = new LinkedHashMap<>();
  private final List<Plot> plots = new ArrayList<>();

  /** Reads grammar files. Shared rules must come before plots. */
  static Grammar read(String... files) {
    Grammar grammar = new Grammar();
    for (String file : files) {
      try (InputStream in = Grammar.class.getResourceAsStream(file)) {
        grammar.add(new String(in.readAllBytes(), StandardCharsets.US_ASCII).lines().toList());
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
    return grammar;
  }

  private void add(List<String> lines) {
    String plot = "";
    List<Rule.Line> ruleLines = new ArrayList<>();
    List<String> forms = List.of();
    List<Word> list = null;
    for (String line : lines) {
      if (line.isBlank() || line.startsWith("#")) {
        continue;
      }
      String[] fields = line.split("\\s+");
      if (line.startsWith("@ ")) {
        list = new ArrayList<>();
        words.put(fields[1], list);
        forms = Arrays.stream(fields).skip(2).map(form -> form.replaceAll("[()]", "")).toList();
      } else if (line.startsWith("plot ")) {
        plot = fields[1];
        list = null;
        Set<String> flags = Set.copyOf(Arrays.asList(fields).subList(2, fields.length));
        plots.add(new Plot(plot, flags, new Rule(plot, true, new ArrayList<>())));
      } else if (line.startsWith("- ")) {
        plots.getLast().alternatives().lines().add(Rule.Line.parse(line.substring(2)));
      } else if (line.startsWith("= ") || line.startsWith("* ")) {
        list = null;
        ruleLines = new ArrayList<>();
        String name = qualifiedName(plot, fields[1]);
        boolean shadowsShared = !plot.isEmpty() && rules.containsKey(fields[1]); // surely a mistake
        if (shadowsShared
            || rules.put(name, new Rule(name, line.startsWith("*"), ruleLines)) != null) {
          throw new IllegalStateException("grammar: two rules named " + name);
        }
      } else if (list != null) {
        for (String value : line.split(",\\s*")) {
          list.add(Word.parse(value.strip(), forms));
        }
      } else {
        ruleLines.add(Rule.Line.parse(line.strip()));
      }
    }
  }

  private static String qualifiedName(String plot, String rule) {
    return plot.isEmpty() ? rule : plot + "." + rule;
  }

  List<Plot> plots() {
    return plots;
  }

  /** The plot's own rule of this name, else the shared one. */
  Rule rule(Plot plot, String name) {
    Rule plotRule = rules.get(qualifiedName(plot.name(), name));
    Rule rule = plotRule == null ? rules.get(name) : plotRule;
    if (rule == null) {
      throw new IllegalStateException("grammar: plot " + plot.name() + ": no rule " + name);
    }
    return rule;
  }

  /** The word list of this name. */
  List<Word> words(String name) {
    List<Word> list = words.get(name);
    if (list == null) {
      throw new IllegalStateException("grammar: no list " + name);
    }
    return list;
  }
}
