package dev.myelin.train.corpus;

import dev.myelin.error.InvalidRequestException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Documents to learn from, and others that are held out to measure what was learned.
 *
 * @param training in the order of the corpus, at least one
 * @param heldOut likewise; none where nothing is to be held out
 */
public record Split(List<Document> training, List<Document> heldOut) {
  private static final double MOST = 0.5;

  public Split {
    training = List.copyOf(training);
    heldOut = List.copyOf(heldOut);
  }

  /**
   * Draws documents at random until another one would exceed the fraction, at least one. Of a
   * single document the end is held out, from the beginning of a line or, where that is far, of a
   * word.
   *
   * @param fraction how much of the text is held out, 0 to 0.5
   * @param seed same seed, same documents
   * @throws InvalidRequestException if the fraction is out of range, or a single document too short
   */
  public static Split of(Corpus corpus, double fraction, long seed) {
    if (!(fraction >= 0 && fraction <= MOST)) {
      throw new InvalidRequestException("held-out fraction = " + fraction + ": expected 0 to 0.5");
    }
    List<Document> documents = corpus.documents();
    if (fraction == 0) {
      return new Split(documents, List.of());
    }
    return documents.size() == 1
        ? cut(documents.getFirst(), fraction)
        : draw(documents, fraction * corpus.size(), seed);
  }

  private static Split draw(List<Document> documents, double most, long seed) {
    boolean[] held = new boolean[documents.size()];
    double size = 0;
    for (int i : shuffled(documents.size(), seed)) {
      long next = documents.get(i).size();
      if (size + next <= most) {
        held[i] = true;
        size += next;
      }
    }
    if (size == 0) {
      held[documents.indexOf(smallest(documents))] = true;
    }
    List<Document> training = new ArrayList<>();
    List<Document> heldOut = new ArrayList<>();
    for (int i = 0; i < held.length; i++) {
      (held[i] ? heldOut : training).add(documents.get(i));
    }
    return new Split(training, heldOut);
  }

  private static Document smallest(List<Document> documents) {
    return documents.stream().min(Comparator.comparingLong(Document::size)).orElseThrow();
  }

  private static int[] shuffled(int count, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    int[] order = new int[count];
    for (int i = 0; i < count; i++) {
      int j = random.nextInt(i + 1);
      order[i] = order[j];
      order[j] = i;
    }
    return order;
  }

  private static Split cut(Document document, double fraction) {
    long size = document.size();
    long wanted = Math.min(size - 1, (long) (size * (1 - fraction)));
    // a cut may move towards the start, until half as much again is held out
    long least = Math.max(0, wanted - (size - wanted) / 2);
    long at = after(document, '\n', least, wanted);
    if (at < 0) {
      at = after(document, ' ', least, wanted);
    }
    if (at < 0) {
      at = wanted;
      while (at > 0 && (document.at(at) & 0xc0) == 0x80) {
        at--;
      }
    }
    Document training = document.part(0, at);
    Document heldOut = document.part(at, size);
    if (training.isBlank() || heldOut.isBlank()) {
      throw new InvalidRequestException(
          document.source()
              + ": one document of "
              + size
              + " bytes, expected more text to hold out some of it; or hold out 0");
    }
    return new Split(List.of(training), List.of(heldOut));
  }

  /** The place after the last of these bytes that ends in (least, most], or -1. */
  private static long after(Document document, char b, long least, long most) {
    for (long at = most; at > least; at--) {
      if (document.at(at - 1) == b) {
        return at;
      }
    }
    return -1;
  }
}
