package dev.myelin.stories;

import dev.myelin.error.InvalidRequestException;

/**
 * Which stories to generate. Immutable and thread-safe.
 *
 * @param kind stories or labelled sentences
 * @param seed the seed; the same seed gives the same stories
 * @param count number of stories, at least 0
 */
public record StoryOptions(Kind kind, long seed, long count) {

  /** Kinds of text. */
  public enum Kind {
    /** Short stories of simple words. */
    STORY,
    /** Sentences with a label: {@code The soup was cold. => negative}. */
    SENTIMENT
  }

  /**
   * @throws InvalidRequestException if the count is negative
   */
  public StoryOptions {
    if (count < 0) {
      throw new InvalidRequestException("count " + count + ": expected at least 0");
    }
  }
}
