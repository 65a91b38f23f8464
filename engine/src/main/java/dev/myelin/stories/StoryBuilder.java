package dev.myelin.stories;

import dev.myelin.stories.StoryCharacter.Role;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Builds one story. Holds the words chosen so far and the characters introduced. */
final class StoryBuilder {
  private static final List<String> SHOUTS = List.of("cried", "shouted", "called");

  private final Grammar grammar;
  private final Grammar.Plot plot;
  private final StoryRandom random;
  private final Cast cast;
  private final boolean paragraphs;
  private final Set<String> flags = new HashSet<>();
  private final Set<Role> introduced = EnumSet.noneOf(Role.class);
  private final Map<String, Word> chosenWords = new HashMap<>();
  private final StringBuilder events = new StringBuilder();

  StoryBuilder(
      Grammar grammar, Grammar.Plot plot, StoryRandom random, boolean animals, boolean paragraphs) {
    this.grammar = grammar;
    this.plot = plot;
    this.random = random;
    this.paragraphs = paragraphs;
    cast = new Cast(grammar, random, animals);
    flags.addAll(plot.flags());
    flags.add(animals ? "animal" : "human");
  }

  Story build() {
    String raw = expand(plot.alternatives());
    String characters = flags.contains("animal") ? "animal " : "human ";
    return new Story(TextCleanup.apply(raw), plot.name(), characters + events.toString().strip());
  }

  private String expand(Rule rule) {
    int totalWeight = 0;
    for (Rule.Line line : rule.lines()) {
      totalWeight += line.matches(flags) ? line.weight() : 0;
    }
    int remaining = random.nextInt(totalWeight);
    int index = -1;
    while (remaining >= 0) {
      Rule.Line line = rule.lines().get(++index);
      remaining -= line.matches(flags) ? line.weight() : 0;
    }
    Rule.Line line = rule.lines().get(index);
    if (rule.isEvent()) {
      events.append(rule.name()).append(index).append(' ');
    }
    flags.addAll(line.sets());
    String text = render(line.template());
    return rule.isEvent() ? TextCleanup.capitalize(text) : text; // an event starts a sentence
  }

  private String render(Template part) {
    return switch (part) {
      case Template.Text text -> text.text();
      case Template.ParagraphBreak _ -> paragraphs ? TextCleanup.PARAGRAPH_BREAK : "";
      case Template.RuleCall call -> expand(grammar.rule(plot, call.rule()));
      case Template.Choice choice -> render(random.pick(choice.options()));
      case Template.Slot slot ->
          slot.capitalized() ? TextCleanup.capitalize(slot(slot)) : slot(slot);
      case Template.Sequence sequence -> {
        StringBuilder text = new StringBuilder();
        sequence.parts().forEach(each -> text.append(render(each)));
        yield text.toString();
      }
    };
  }

  private String slot(Template.Slot slot) {
    if (slot.name().length() == 1) {
      return character(cast.get(Role.valueOf(slot.name())), slot.form());
    }
    return switch (slot.name()) {
      case "he", "him", "his", "himself" -> character(cast.get(Role.H), slot.name());
      default -> word(slot.name()).form(slot.form());
    };
  }

  /** The word of a slot, whose name is that of a list, with a digit for a second or third word. */
  private Word word(String name) {
    Word word = chosenWords.get(name);
    if (word == null) {
      List<Word> list = grammar.words(name.replaceAll("\\d$", ""));
      do {
        word = random.pick(list);
      } while (chosenWords.containsValue(word));
      chosenWords.put(name, word);
    }
    return word;
  }

  private String character(StoryCharacter who, String form) {
    return switch (form) {
      case "" -> reference(who);
      case "name", "full", "intro2", "kind" -> introduce(who, form);
      case "name1" -> requireIntroduced(who).name();
      case "he" -> requireIntroduced(who).subject();
      case "him" -> requireIntroduced(who).object();
      case "his" -> requireIntroduced(who).possessive();
      case "himself" -> requireIntroduced(who).reflexive();
      case "Call" -> TextCleanup.capitalize(who.name());
      case "says" -> speech(reference(who), "said");
      case "asks" -> speech(reference(who), "asked");
      case "cries" -> speech(reference(who), random.pick(SHOUTS));
      case "hesays" -> who.subject() + " said";
      case "heasks" -> who.subject() + " asked";
      case "hecries" -> who.subject() + " " + random.pick(SHOUTS);
      case "hethinks" -> who.subject() + " thought";
      case "hewhispers" -> who.subject() + " whispered";
      default -> throw new IllegalStateException("grammar: no form " + form + " of a character");
    };
  }

  private String speech(String who, String verb) {
    return random.percent(65) ? verb + " " + who : who + " " + verb;
  }

  /** How the text refers to a character: by name, at first mention with a description. */
  private String reference(StoryCharacter who) {
    boolean isFirst = introduced.add(who.role());
    flags.add(who.role().name());
    String his = cast.get(Role.H).possessive();
    return switch (who.role()) {
      case H -> who.name();
      case E -> his + " " + who.kind();
      case F, G -> isFirst ? his + " friend " + who.nameWithKind() : who.name();
      case P -> isFirst ? his + " " + who.kind() + " " + who.name() : who.name();
      case N -> {
        if (!isFirst) {
          yield who.name();
        }
        if (who.animal()) {
          yield "a wise old " + who.kind() + " named " + who.name();
        }
        yield (random.percent(50) ? "old " : his + " neighbor ") + who.name();
      }
    };
  }

  private StoryCharacter requireIntroduced(StoryCharacter who) {
    if (!introduced.contains(who.role())) {
      throw new IllegalStateException(
          "grammar: " + plot.name() + ": " + who.role() + " is used before it is introduced");
    }
    return who;
  }

  /** Introduces a character in a sentence that says who that is. */
  private String introduce(StoryCharacter who, String form) {
    introduced.add(who.role());
    flags.add(who.role().name());
    return switch (form) {
      case "name" -> who.name();
      case "full" -> who.nameWithKind();
      case "kind" -> who.kind();
      default -> {
        String adjective = who.role() == Role.N ? "old " : random.percent(50) ? "little " : "";
        yield "a " + adjective + who.kind() + " named " + who.name();
      }
    };
  }
}
