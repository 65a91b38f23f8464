package dev.myelin.testing;

import java.util.SplittableRandom;

/** Small stories in plain English, endless and the same for the same seed. */
public final class EnglishText {
  private static final String[] NAMES = {
    "Lily", "Tom", "Anna", "Ben", "Mia", "Sam", "Zoe", "Max", "Lucy", "Jack", "Sue", "Tim"
  };
  private static final String[] THINGS = {
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
  private static final String[] QUALITIES = {
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
  private static final String[] DEEDS = {
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
  private static final String[] SAYINGS = {
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

  /** One story of a few paragraphs, without a line break at its end. */
  public String story() {
    String name = any(NAMES);
    StringBuilder text = new StringBuilder("Once upon a time, there was a ");
    text.append(any(QUALITIES)).append(" child named ").append(name).append('.');
    for (int i = 4 + random.nextInt(12); i > 0; i--) {
      text.append(random.nextInt(6) == 0 ? "\n\n" : " ").append(sentence(name));
    }
    return text.append(" The end.").toString();
  }

  /** Stories of at least that many characters, apart by lines that end documents. */
  public String stories(int characters) {
    StringBuilder text = new StringBuilder();
    while (text.length() < characters) {
      text.append(story()).append("\n<|endoftext|>\n");
    }
    return text.toString();
  }

  private String sentence(String name) {
    return switch (random.nextInt(5)) {
      case 0 -> "%s %s the %s %s.".formatted(name, any(DEEDS), any(QUALITIES), any(THINGS));
      case 1 -> "\"%s!\" said %s to %s.".formatted(any(SAYINGS), name, any(NAMES));
      case 2 ->
          "One day %s %s a %s %s.".formatted(any(NAMES), any(DEEDS), any(THINGS), any(PLACES));
      case 3 ->
          "There were %d %ss %s, and %s was %s."
              .formatted(
                  2 + random.nextInt(98), any(THINGS), any(PLACES), any(NAMES), any(QUALITIES));
      default ->
          "The %s was %s and %s, so they %s it."
              .formatted(any(THINGS), any(QUALITIES), any(QUALITIES), any(DEEDS));
    };
  }

  private String any(String[] words) {
    // the first are the most frequent, as in language
    double x = random.nextDouble();
    return words[(int) (x * x * words.length)];
  }
}
