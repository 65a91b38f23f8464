package dev.myelin.stories;

import java.util.List;
import java.util.stream.LongStream;
import java.util.stream.Stream;

/**
 * Generates stories. Story {@code i} depends only on the seed and {@code i}: any part of a corpus
 * can be generated alone and is the same on every machine. Thread-safe.
 */
public final class StoryGenerator {
  /** The line after each story in a file. */
  public static final String SEPARATOR = "<|endoftext|>";

  private static final int ANIMAL_PERCENT = 45; // of the stories
  private static final int PARAGRAPH_PERCENT =
      40; // of the stories, which have more than one paragraph
  private static final String EXCLUDED_SENTENCE = "I love sunny days!";

  private final StoryOptions.Kind kind;
  private final Grammar grammar;
  private final List<Grammar.Plot> humanPlots;
  private final List<Grammar.Plot> animalPlots;

  private StoryGenerator(StoryOptions.Kind kind) {
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
    humanPlots = grammar.plots().stream().filter(plot -> !plot.flags().contains("animal")).toList();
    animalPlots = grammar.plots().stream().filter(plot -> !plot.flags().contains("human")).toList();
  }

  /** A generator of stories of the given kind. */
  public static StoryGenerator of(StoryOptions.Kind kind) {
    return new StoryGenerator(kind);
  }

  /** Generates stories lazily, in order. */
  public static Stream<Story> stream(StoryOptions options) {
    StoryGenerator generator = of(options.kind());
    return LongStream.range(0, options.count())
        .mapToObj(i -> generator.generate(options.seed(), i));
  }

  /**
   * Generates one story.
   *
   * @param index index of the story, from 0
   */
  public Story generate(long seed, long index) {
    StoryRandom random = new StoryRandom(seed, index);
    while (true) {
      boolean animals = random.percent(ANIMAL_PERCENT);
      Grammar.Plot plot = random.pick(animals ? animalPlots : humanPlots);
      boolean paragraphs = random.percent(PARAGRAPH_PERCENT);
      Story story = new StoryBuilder(grammar, plot, random, animals, paragraphs).build();
      if (kind == StoryOptions.Kind.STORY) {
        return story;
      }
      if (!story
          .text()
          .equals(
              EXCLUDED_SENTENCE)) { // reserved for the documentation, which asks a model for its
        // label
        return new Story(story.text() + " => " + story.kind(), story.kind(), story.plot());
      }
    }
  }
}
