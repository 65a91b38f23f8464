package dev.myelin.stories;

import dev.myelin.stories.Character.Role;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/** The characters of one story; each is chosen when first asked for. */
final class Cast {
  private static final int OTHER_GENDER = 70; // percent: pronouns tell two friends apart then
  private static final int HUMAN_NAME = 15; // percent of the animals
  private static final List<String> FAMILY =
      List.of("mom", "mom", "mom", "dad", "dad", "dad", "grandma", "grandpa");

  private final Grammar grammar;
  private final Dice dice;
  private final boolean animals;
  private final Map<Role, Character> characters = new EnumMap<>(Role.class);

  /**
   * @param animals whether the hero and all friends are animals
   */
  Cast(Grammar grammar, Dice dice, boolean animals) {
    this.grammar = grammar;
    this.dice = dice;
    this.animals = animals;
  }

  Character get(Role role) {
    Character known = characters.get(role);
    if (known == null) {
      known =
          switch (role) {
            case H -> friend(role, dice.percent(50));
            case F, G -> friend(role, get(Role.H).female() != dice.percent(OTHER_GENDER));
            case E -> family();
            case N -> grownUp();
            case P -> animal(role, dice.percent(50), "pet-kind");
          };
      characters.put(role, known);
    }
    return known;
  }

  private Character friend(Role role, boolean female) {
    return animals
        ? animal(role, female, "species")
        : new Character(
            role, unusedName(female ? "girl" : "boy"), female, false, female ? "girl" : "boy");
  }

  private Character animal(Role role, boolean female, String kinds) {
    boolean human = dice.percent(HUMAN_NAME);
    String list = (female ? "girl" : "boy");
    String name = unusedName(human ? list : female ? "she-animal" : "he-animal");
    return new Character(role, name, female, true, unused(kinds));
  }

  private Character family() {
    String kind = dice.pick(FAMILY);
    boolean female = kind.equals("mom") || kind.equals("grandma");
    return new Character(Role.E, kind, female, animals, kind);
  }

  private Character grownUp() {
    boolean female = dice.percent(50);
    if (animals) {
      return animal(Role.N, female, "wise-kind");
    }
    String name = (female ? "Mrs. " : "Mr. ") + dice.pick(grammar.words("last-name")).text();
    return new Character(Role.N, name, female, false, female ? "woman" : "man");
  }

  /** A name of the list that no character has. */
  private String unusedName(String list) {
    return unused(() -> dice.pickCommon(grammar.words(list)));
  }

  /** A word of the list that no character has as name or kind. */
  private String unused(String list) {
    return unused(() -> dice.pick(grammar.words(list)));
  }

  private String unused(Supplier<Word> choice) {
    List<String> taken = new ArrayList<>();
    characters.values().forEach(c -> taken.addAll(List.of(c.name(), c.kind())));
    while (true) {
      String word = choice.get().text();
      if (!taken.contains(word)) {
        return word;
      }
    }
  }
}
