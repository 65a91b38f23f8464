package dev.myelin.stories;

import java.util.List;
import java.util.stream.LongStream;
import java.util.stream.Stream;

/**
 * Writes stories. Story {@code i} depends on seed and {@code i} only, so that any part of a corpus
 * can be made alone, and is the same on every machine. Safe for use by many threads.
 */
public final class Stories {
  /** The line that ends a story in a file of many. */
  public static final String SEPARATOR = "<|endoftext|>";

  private static final int ANIMALS = 45; // percent of the stories
  private static final int PARAGRAPHS = 40; // percent of the stories that have more than one
  private static final String HELD_OUT = "I love sunny days!";

  private final StoryOptions.Kind kind;
  private final Grammar grammar;
  private final List<Grammar.Plot> ofHumans;
  private final List<Grammar.Plot> ofAnimals;

  private Stories(StoryOptions.Kind kind) {
    this.kind = kind;
    grammar =
        switch (kind) {
          case STORY ->
              Grammar.read(
                  "words.txt",
                  "shared.txt",
                  "plots-1.txt",
                  "plots-2.txt",
                  "plots-3.txt",
                  "plots-4.txt");
          case SENTIMENT -> Grammar.read("sentiment.txt");
        };
    ofHumans = grammar.plots().stream().filter(plot -> !plot.flags().contains("animal")).toList();
    ofAnimals = grammar.plots().stream().filter(plot -> !plot.flags().contains("human")).toList();
  }

  /** A writer of that kind. */
  public static Stories of(StoryOptions.Kind kind) {
    return new Stories(kind);
  }

  /** The stories that the options ask for, in order, each made when it is taken. */
  public static Stream<Story> write(StoryOptions options) {
    Stories stories = of(options.kind());
    return LongStream.range(0, options.count()).mapToObj(i -> stories.tell(options.seed(), i));
  }

  /**
   * One story.
   *
   * @param index which of that seed, from 0
   */
  public Story tell(long seed, long index) {
    Dice dice = new Dice(seed, index);
    while (true) {
      boolean animals = dice.percent(ANIMALS);
      Grammar.Plot plot = dice.pick(animals ? ofAnimals : ofHumans);
      boolean paragraphs = dice.percent(PARAGRAPHS);
      Story story = new Telling(grammar, plot, dice, animals, paragraphs).tell();
      if (kind == StoryOptions.Kind.STORY) {
        return story;
      }
      if (!story.text().equals(HELD_OUT)) { // the documentation asks a model for its label
        return new Story(story.text() + " => " + story.kind(), story.kind(), story.plot());
      }
    }
  }
}
