package dev.myelin.testing;

import java.util.SplittableRandom;

/** Generates short stories in plain English, reproducible by seed. */
public final class EnglishText {
  private static final String[] NAMES = {
    "Lily", "Tom", "Anna", "Ben", "Mia", "Sam", "Zoe", "Max", "Lucy", "Jack", "Sue", "Tim"
  };
  private static final String[] NOUNS = {
    "ball",
    "tree",
    "dog",
    "house",
    "flower",
    "book",
    "bird",
    "boat",
    "cake",
    "garden",
    "river",
    "castle",
    "kitten",
    "blanket",
    "mountain",
    "ladder",
    "rainbow",
    "sandwich",
    "umbrella",
    "window"
  };
  private static final String[] ADJECTIVES = {
    "big",
    "little",
    "red",
    "happy",
    "old",
    "shiny",
    "quiet",
    "beautiful",
    "funny",
    "broken",
    "wonderful",
    "careful",
    "yellow",
    "strange",
    "friendly"
  };
  private static final String[] VERBS = {
    "found",
    "saw",
    "wanted",
    "lost",
    "painted",
    "carried",
    "looked for",
    "played with",
    "opened",
    "remembered",
    "climbed on",
    "shared"
  };
  private static final String[] PLACES = {
    "in the park",
    "near the river",
    "at home",
    "under the bridge",
    "behind the school",
    "on the hill",
    "by the window",
    "in the forest"
  };
  private static final String[] QUOTES = {
    "I don't know what to do",
    "Let's go together",
    "That's my favourite one",
    "Can you help me",
    "It's too heavy for us",
    "We'll be back before dinner",
    "You're the best friend I have"
  };

  private final SplittableRandom random;

  public EnglishText(long seed) {
    random = new SplittableRandom(seed);
  }

  /** One story of a few paragraphs, without a trailing line break. */
  public String story() {
    String name = pick(NAMES);
    StringBuilder text = new StringBuilder("Once upon a time, there was a ");
    text.append(pick(ADJECTIVES)).append(" child named ").append(name).append('.');
    for (int i = 4 + random.nextInt(12); i > 0; i--) {
      text.append(random.nextInt(6) == 0 ? "\n\n" : " ").append(sentence(name));
    }
    return text.append(" The end.").toString();
  }

  /** Stories of at least {@code characters} characters, separated by end-of-text lines. */
  public String stories(int characters) {
    StringBuilder text = new StringBuilder();
    while (text.length() < characters) {
      text.append(story()).append("\n<|endoftext|>\n");
    }
    return text.toString();
  }

  private String sentence(String name) {
    return switch (random.nextInt(5)) {
      case 0 -> "%s %s the %s %s.".formatted(name, pick(VERBS), pick(ADJECTIVES), pick(NOUNS));
      case 1 -> "\"%s!\" said %s to %s.".formatted(pick(QUOTES), name, pick(NAMES));
      case 2 ->
          "One day %s %s a %s %s.".formatted(pick(NAMES), pick(VERBS), pick(NOUNS), pick(PLACES));
      case 3 ->
          "There were %d %ss %s, and %s was %s."
              .formatted(
                  2 + random.nextInt(98), pick(NOUNS), pick(PLACES), pick(NAMES), pick(ADJECTIVES));
      default ->
          "The %s was %s and %s, so they %s it."
              .formatted(pick(NOUNS), pick(ADJECTIVES), pick(ADJECTIVES), pick(VERBS));
    };
  }

  private String pick(String[] words) {
    // the first words are more frequent, as in natural language
    double x = random.nextDouble();
    return words[(int) (x * x * words.length)];
  }
}
