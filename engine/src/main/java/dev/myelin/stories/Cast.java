package dev.myelin.stories;

import dev.myelin.stories.StoryCharacter.Role;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/** The characters of one story. Each is chosen when first requested. */
final class Cast {
  private static final int OTHER_GENDER_PERCENT =
      70; // so that pronouns distinguish the two friends
  private static final int HUMAN_NAME_PERCENT = 15; // of the animals
  private static final List<String> FAMILY =
      List.of("mom", "mom", "mom", "dad", "dad", "dad", "grandma", "grandpa");

  private final Grammar grammar;
  private final StoryRandom random;
  private final boolean animals;
  private final Map<Role, StoryCharacter> characters = new EnumMap<>(Role.class);

  /**
   * @param animals whether the hero and all friends are animals
   */
  Cast(Grammar grammar, StoryRandom random, boolean animals) {
    this.grammar = grammar;
    this.random = random;
    this.animals = animals;
  }

  StoryCharacter get(Role role) {
    StoryCharacter character = characters.get(role);
    if (character == null) {
      character =
          switch (role) {
            case H -> friend(role, random.percent(50));
            case F, G -> friend(role, get(Role.H).female() != random.percent(OTHER_GENDER_PERCENT));
            case E -> family();
            case N -> grownUp();
            case P -> animal(role, random.percent(50), "pet-kind");
          };
      characters.put(role, character);
    }
    return character;
  }

  private StoryCharacter friend(Role role, boolean female) {
    return animals
        ? animal(role, female, "species")
        : new StoryCharacter(
            role, unusedName(female ? "girl" : "boy"), female, false, female ? "girl" : "boy");
  }

  private StoryCharacter animal(Role role, boolean female, String kinds) {
    boolean hasHumanName = random.percent(HUMAN_NAME_PERCENT);
    String humanNames = (female ? "girl" : "boy");
    String name = unusedName(hasHumanName ? humanNames : female ? "she-animal" : "he-animal");
    return new StoryCharacter(role, name, female, true, unused(kinds));
  }

  private StoryCharacter family() {
    String kind = random.pick(FAMILY);
    boolean female = kind.equals("mom") || kind.equals("grandma");
    return new StoryCharacter(Role.E, kind, female, animals, kind);
  }

  private StoryCharacter grownUp() {
    boolean female = random.percent(50);
    if (animals) {
      return animal(Role.N, female, "wise-kind");
    }
    String name = (female ? "Mrs. " : "Mr. ") + random.pick(grammar.words("last-name")).text();
    return new StoryCharacter(Role.N, name, female, false, female ? "woman" : "man");
  }

  /** Chooses a name that no character has. */
  private String unusedName(String list) {
    return unused(() -> random.pickCommon(grammar.words(list)));
  }

  /** Chooses a word that no character has as name or kind. */
  private String unused(String list) {
    return unused(() -> random.pick(grammar.words(list)));
  }

  private String unused(Supplier<Word> words) {
    List<String> taken = new ArrayList<>();
    characters.values().forEach(c -> taken.addAll(List.of(c.name(), c.kind())));
    while (true) {
      String word = words.get().text();
      if (!taken.contains(word)) {
        return word;
      }
    }
  }
}
