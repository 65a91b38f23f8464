package dev.myelin.train.corpus;

import dev.myelin.error.InvalidRequestException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.SplittableRandom;

/**
 * A corpus split into training documents and validation documents. Immutable and thread-safe.
 *
 * @param training in corpus order, at least one
 * @param validation in corpus order; may be empty
 */
public record ValidationSplit(List<Document> training, List<Document> validation) {
  private static final double MAX_FRACTION = 0.5;

  public ValidationSplit {
    training = List.copyOf(training);
    validation = List.copyOf(validation);
  }

  /**
   * Draws random validation documents up to a fraction of the text, at least one. Of a single
   * document the end is used, from the start of a line or, if there is none near, of a word.
   *
   * @param fraction fraction of the text used for validation, 0 to 0.5
   * @param seed the same seed draws the same documents
   * @throws InvalidRequestException if the fraction is out of range, or a single document is too
   *     short
   */
  public static ValidationSplit of(Corpus corpus, double fraction, long seed) {
    if (!(fraction >= 0 && fraction <= MAX_FRACTION)) {
      throw new InvalidRequestException("validation split = " + fraction + ": expected 0 to 0.5");
    }
    List<Document> documents = corpus.documents();
    if (fraction == 0) {
      return new ValidationSplit(documents, List.of());
    }
    return documents.size() == 1
        ? cut(documents.getFirst(), fraction)
        : draw(documents, fraction * corpus.size(), seed);
  }

  private static ValidationSplit draw(List<Document> documents, double maxSize, long seed) {
    boolean[] isValidation = new boolean[documents.size()];
    double size = 0;
    for (int i : shuffled(documents.size(), seed)) {
      long next = documents.get(i).size();
      if (size + next <= maxSize) {
        isValidation[i] = true;
        size += next;
      }
    }
    if (size == 0) {
      isValidation[documents.indexOf(smallest(documents))] = true;
    }
    List<Document> training = new ArrayList<>();
    List<Document> validation = new ArrayList<>();
    for (int i = 0; i < isValidation.length; i++) {
      (isValidation[i] ? validation : training).add(documents.get(i));
    }
    return new ValidationSplit(training, validation);
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

  private static ValidationSplit cut(Document document, double fraction) {
    long size = document.size();
    long target = Math.min(size - 1, (long) (size * (1 - fraction)));
    // the split may move towards the start, until the validation part is half as large again
    long min = Math.max(0, target - (size - target) / 2);
    long position = positionAfter(document, '\n', min, target);
    if (position < 0) {
      position = positionAfter(document, ' ', min, target);
    }
    if (position < 0) {
      position = target;
      while (position > 0 && (document.at(position) & 0xc0) == 0x80) {
        position--;
      }
    }
    Document training = document.part(0, position);
    Document validation = document.part(position, size);
    if (training.isBlank() || validation.isBlank()) {
      throw new InvalidRequestException(
          document.source()
              + ": one document of "
              + size
              + " bytes: too short to split; expected more text, or a validation split of 0");
    }
    return new ValidationSplit(List.of(training), List.of(validation));
  }

  /** The offset in (min, max] after the last such byte, or -1. */
  private static long positionAfter(Document document, char b, long min, long max) {
    for (long position = max; position > min; position--) {
      if (document.at(position - 1) == b) {
        return position;
      }
    }
    return -1;
  }
}
