package dev.myelin.evaluate;

import java.util.Random;

/**
 * Generates stories like those that the trained test model was trained on; deterministic for a
 * seed.
 */
final class StoryText {
  private static final String[] NAMES = {"Lily", "Tom", "Max", "Anna", "Ben", "Mia", "Sam"};
  private static final String[] ANIMALS = {"dog", "cat", "bird", "bear", "frog", "fish"};
  private static final String[] THINGS = {"ball", "car", "cake", "book", "flower", "hat", "tree"};
  private static final String[] KINDS = {"big", "red", "little", "happy", "sad", "pretty", "funny"};

  private StoryText() {}

  static String of(int stories, long seed) {
    Random random = new Random(seed);
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < stories; i++) {
      String name = one(random, NAMES);
      String thing = one(random, THINGS);
      text.append("Once upon a time, there was a ").append(one(random, KINDS)).append(' ');
      text.append(one(random, ANIMALS)).append(" named ").append(name).append(". ").append(name);
      text.append(" loved to play with a ").append(one(random, KINDS)).append(' ').append(thing);
      text.append(" in the park. One day, ").append(one(random, NAMES));
      text.append(" came and said, \"Can I play too?\" They shared the ").append(thing);
      text.append(" and were very ").append(one(random, KINDS)).append(".\n");
    }
    return text.toString();
  }

  private static String one(Random random, String[] of) {
    return of[random.nextInt(of.length)];
  }
}
