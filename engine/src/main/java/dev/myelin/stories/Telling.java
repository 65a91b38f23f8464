package dev.myelin.stories;

import dev.myelin.stories.Character.Role;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** One story while it is told: what was chosen so far, and who was introduced. */
final class Telling {
  private static final List<String> SHOUTS = List.of("cried", "shouted", "called");

  private final Grammar grammar;
  private final Grammar.Plot plot;
  private final Dice dice;
  private final Cast cast;
  private final boolean paragraphs;
  private final Set<String> flags = new HashSet<>();
  private final Set<Role> introduced = EnumSet.noneOf(Role.class);
  private final Map<String, Word> chosen = new HashMap<>();
  private final StringBuilder events = new StringBuilder();

  Telling(Grammar grammar, Grammar.Plot plot, Dice dice, boolean animals, boolean paragraphs) {
    this.grammar = grammar;
    this.plot = plot;
    this.dice = dice;
    this.paragraphs = paragraphs;
    cast = new Cast(grammar, dice, animals);
    flags.addAll(plot.flags());
    flags.add(animals ? "animal" : "human");
  }

  Story tell() {
    String raw = rule(plot.ways());
    String world = flags.contains("animal") ? "animal " : "human ";
    return new Story(Polish.text(raw), plot.name(), world + events.toString().strip());
  }

  private String rule(Rule rule) {
    int sum = 0;
    for (Rule.Line line : rule.lines()) {
      sum += line.fits(flags) ? line.weight() : 0;
    }
    int left = dice.below(sum);
    int at = -1;
    while (left >= 0) {
      Rule.Line line = rule.lines().get(++at);
      left -= line.fits(flags) ? line.weight() : 0;
    }
    Rule.Line line = rule.lines().get(at);
    if (rule.event()) {
      events.append(rule.name()).append(at).append(' ');
    }
    flags.addAll(line.sets());
    String text = render(line.template());
    return rule.event() ? Polish.capital(text) : text; // an event begins a sentence
  }

  private String render(Part part) {
    return switch (part) {
      case Part.Text text -> text.text();
      case Part.Break _ -> paragraphs ? Polish.PARAGRAPH : "";
      case Part.Call call -> rule(grammar.rule(plot, call.rule()));
      case Part.Choice choice -> render(dice.pick(choice.options()));
      case Part.Slot slot -> slot.capital() ? Polish.capital(slot(slot)) : slot(slot);
      case Part.Sequence sequence -> {
        StringBuilder text = new StringBuilder();
        sequence.parts().forEach(each -> text.append(render(each)));
        yield text.toString();
      }
    };
  }

  private String slot(Part.Slot slot) {
    if (slot.name().length() == 1) {
      return character(cast.get(Role.valueOf(slot.name())), slot.form());
    }
    return switch (slot.name()) {
      case "he", "him", "his", "himself" -> character(cast.get(Role.H), slot.name());
      default -> word(slot.name()).form(slot.form());
    };
  }

  /** The word of a slot: a list's name, with a digit for a second or third word of that list. */
  private Word word(String name) {
    Word known = chosen.get(name);
    if (known == null) {
      List<Word> list = grammar.words(name.replaceAll("\\d$", ""));
      do {
        known = dice.pick(list);
      } while (chosen.containsValue(known));
      chosen.put(name, known);
    }
    return known;
  }

  private String character(Character who, String form) {
    return switch (form) {
      case "" -> named(who);
      case "name", "full", "intro2", "kind" -> introduce(who, form);
      case "name1" -> known(who).name();
      case "he" -> known(who).he();
      case "him" -> known(who).him();
      case "his" -> known(who).his();
      case "himself" -> known(who).himself();
      case "Call" -> Polish.capital(who.name());
      case "says" -> speech(named(who), "said");
      case "asks" -> speech(named(who), "asked");
      case "cries" -> speech(named(who), dice.pick(SHOUTS));
      case "hesays" -> who.he() + " said";
      case "heasks" -> who.he() + " asked";
      case "hecries" -> who.he() + " " + dice.pick(SHOUTS);
      case "hethinks" -> who.he() + " thought";
      case "hewhispers" -> who.he() + " whispered";
      default -> throw new IllegalStateException("grammar: no form " + form + " of a character");
    };
  }

  private String speech(String who, String verb) {
    return dice.percent(65) ? verb + " " + who : who + " " + verb;
  }

  /** How the story calls somebody: by name, and at first with a word about who that is. */
  private String named(Character who) {
    boolean first = introduced.add(who.role());
    flags.add(who.role().name());
    String his = cast.get(Role.H).his();
    return switch (who.role()) {
      case H -> who.name();
      case E -> his + " " + who.kind();
      case F, G -> first ? his + " friend " + who.full() : who.name();
      case P -> first ? his + " " + who.kind() + " " + who.name() : who.name();
      case N -> {
        if (!first) {
          yield who.name();
        }
        if (who.animal()) {
          yield "a wise old " + who.kind() + " named " + who.name();
        }
        yield (dice.percent(50) ? "old " : his + " neighbor ") + who.name();
      }
    };
  }

  private Character known(Character who) {
    if (!introduced.contains(who.role())) {
      throw new IllegalStateException(
          "grammar: " + plot.name() + ": " + who.role() + " is unknown");
    }
    return who;
  }

  /** Names somebody in a sentence that says who that is. */
  private String introduce(Character who, String form) {
    introduced.add(who.role());
    flags.add(who.role().name());
    return switch (form) {
      case "name" -> who.name();
      case "full" -> who.full();
      case "kind" -> who.kind();
      default -> {
        String adjective = who.role() == Role.N ? "old " : dice.percent(50) ? "little " : "";
        yield "a " + adjective + who.kind() + " named " + who.name();
      }
    };
  }
}
