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
 * Word lists, rules and plots, read from text files beside this class; {@code shared.txt} explains
 * their language.
 */
final class Grammar {
  /**
   * A kind of story.
   *
   * @param flags what it needs or sets: {@code human}, {@code animal}, ...
   */
  record Plot(String name, Set<String> flags, Rule ways) {}

  private final Map<String, List<Word>> words = new LinkedHashMap<>();
  private final Map<String, Rule> rules = new LinkedHashMap<>();
  private final List<Plot> plots = new ArrayList<>();

  /** Reads these files; shared rules come before plots. */
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
    List<Rule.Line> open = new ArrayList<>();
    List<String> forms = List.of();
    List<Word> list = null;
    for (String line : lines) {
      if (line.isBlank() || line.startsWith("#")) {
        continue;
      }
      String[] head = line.split("\\s+");
      if (line.startsWith("@ ")) {
        list = new ArrayList<>();
        words.put(head[1], list);
        forms = Arrays.stream(head).skip(2).map(form -> form.replaceAll("[()]", "")).toList();
      } else if (line.startsWith("plot ")) {
        plot = head[1];
        list = null;
        Set<String> flags = Set.copyOf(Arrays.asList(head).subList(2, head.length));
        plots.add(new Plot(plot, flags, new Rule(plot, true, new ArrayList<>())));
      } else if (line.startsWith("- ")) {
        plots.getLast().ways().lines().add(Rule.Line.parse(line.substring(2)));
      } else if (line.startsWith("= ") || line.startsWith("* ")) {
        list = null;
        open = new ArrayList<>();
        String name = scoped(plot, head[1]);
        boolean hides = !plot.isEmpty() && rules.containsKey(head[1]); // by mistake, surely
        if (hides || rules.put(name, new Rule(name, line.startsWith("*"), open)) != null) {
          throw new IllegalStateException("grammar: two rules named " + name);
        }
      } else if (list != null) {
        for (String value : line.split(",\\s*")) {
          list.add(Word.parse(value.strip(), forms));
        }
      } else {
        open.add(Rule.Line.parse(line.strip()));
      }
    }
  }

  private static String scoped(String plot, String rule) {
    return plot.isEmpty() ? rule : plot + "." + rule;
  }

  List<Plot> plots() {
    return plots;
  }

  /** A plot's own rule of that name, else the shared one. */
  Rule rule(Plot plot, String name) {
    Rule own = rules.get(scoped(plot.name(), name));
    Rule rule = own == null ? rules.get(name) : own;
    if (rule == null) {
      throw new IllegalStateException("grammar: plot " + plot.name() + ": no rule " + name);
    }
    return rule;
  }

  /** A list of words. */
  List<Word> words(String name) {
    List<Word> list = words.get(name);
    if (list == null) {
      throw new IllegalStateException("grammar: no list " + name);
    }
    return list;
  }
}
