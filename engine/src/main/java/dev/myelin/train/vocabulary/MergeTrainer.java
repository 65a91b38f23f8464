package dev.myelin.train.vocabulary;

import dev.myelin.error.CancelledException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.function.Predicate;

/**
 * Byte-pair encoding's training (Gage 1994, Sennrich et al. 2016): the pair of neighbouring symbols
 * that occurs most often becomes a token, everywhere, again and again. Of pairs that occur equally
 * often, the one whose text comes first in the order of UTF-16 goes first, then the one whose left
 * symbol does.
 *
 * <p>Words are joined exactly as a tokenizer joins them that knows the tokens so far: where a join
 * brings about a pair that was joined earlier, that one is joined at once. Only the pairs around a
 * join are counted anew.
 */
final class MergeTrainer {
  /** A pair in the queue with its count at that time. */
  private record QueueEntry(long count, Pair pair) {}

  private static final Comparator<QueueEntry> ORDER =
      Comparator.comparingLong((QueueEntry w) -> -w.count)
          .thenComparing(w -> w.pair.text)
          .thenComparing(w -> w.pair.left);

  private final Symbols symbols;
  private final List<String> texts;
  private final Map<String, Integer> ids = new HashMap<>();
  private final PairTable pairs;
  private final Predicate<String> allowed;
  private final int minimumCount;
  private final int maxTokenLength;
  private final PriorityQueue<QueueEntry> queue = new PriorityQueue<>(ORDER);
  private final List<Pair> touched = new ArrayList<>();
  private final List<Pair> merges = new ArrayList<>();

  /**
   * @param symbols the words
   * @param texts what each token of the alphabet is written as, in the order of ids
   * @param byText whether pairs that give the same text are joined together, as SPM does, or each
   *     for itself, as merges do
   * @param allowed which texts may become tokens
   */
  MergeTrainer(
      Symbols symbols,
      List<String> texts,
      boolean byText,
      Predicate<String> allowed,
      int minimumCount,
      int maxTokenLength) {
    this.symbols = symbols;
    this.texts = new ArrayList<>(texts);
    this.pairs = new PairTable(byText);
    this.allowed = allowed;
    this.minimumCount = minimumCount;
    this.maxTokenLength = maxTokenLength;
    for (int id = 0; id < texts.size(); id++) {
      ids.put(texts.get(id), id);
    }
  }

  /** Joins pairs until there are that many tokens, or none left to join; returns them in order. */
  List<Pair> train(int size) {
    countAll();
    while (texts.size() < size) {
      Pair best = pollBest();
      if (best == null) {
        break;
      }
      if (Thread.currentThread().isInterrupted()) {
        throw new CancelledException("interrupted while training a vocabulary");
      }
      mergeAll(best);
    }
    return merges;
  }

  /** What each token is written as: the alphabet, then what was joined, in the order of ids. */
  List<String> texts() {
    return texts;
  }

  private void countAll() {
    for (int position = 1; position < symbols.end(); position++) {
      if (symbols.token(position) >= 0 && symbols.token(position + 1) >= 0) {
        addPair(position, position + 1);
      }
    }
    enqueueTouched();
  }

  private Pair pollBest() {
    while (!queue.isEmpty()) {
      QueueEntry first = queue.poll();
      Pair pair = first.pair;
      if (pair.isMerged() || first.count != pair.queuedCount) {
        continue; // another entry took its place
      }
      if (first.count == pair.count) {
        return pair;
      }
      pair.queuedCount = 0;
      enqueue(pair);
    }
    return null;
  }

  private void mergeAll(Pair pair) {
    pair.rank = merges.size();
    pair.token = ids.computeIfAbsent(pair.text, this::newToken);
    merges.add(pair);
    for (int position : pair.takePositions()) {
      // a place is out of date if one of its symbols was joined to another since
      if (symbols.token(position) >= 0 && pairAt(position) == pair) {
        merge(position, pair);
        applyEarlierMerges(position);
      }
    }
    enqueueTouched();
  }

  /** Joins what was joined earlier and now appeared again, the oldest first, left before right. */
  private void applyEarlierMerges(int position) {
    int current = position;
    while (true) {
      int before = symbols.previous(current);
      Pair left = symbols.token(before) >= 0 ? pairAt(before) : null;
      Pair right = pairAt(current);
      boolean leftIsMerged = left != null && left.isMerged();
      boolean rightIsMerged = right != null && right.isMerged();
      if (leftIsMerged && (!rightIsMerged || left.rank <= right.rank)) {
        current = before;
        merge(current, left);
      } else if (rightIsMerged) {
        merge(current, right);
      } else {
        return;
      }
    }
  }

  private void merge(int position, Pair pair) {
    int next = symbols.next(position);
    int before = symbols.previous(position);
    int after = symbols.next(next);
    boolean hasBefore = symbols.token(before) >= 0;
    boolean hasAfter = symbols.token(after) >= 0;
    long weight = symbols.weight(position);
    pair.count -= weight;
    if (hasBefore) {
      removePair(before, position, weight);
    }
    if (hasAfter) {
      removePair(next, after, weight);
    }
    symbols.merge(position, pair.token);
    if (hasBefore) {
      addPair(before, position);
    }
    if (hasAfter) {
      addPair(position, after);
    }
  }

  private void removePair(int position, int next, long weight) {
    Pair pair = pairs.find(symbols.token(position), symbols.token(next));
    if (pair != null) {
      pair.count -= weight;
    }
  }

  private void addPair(int position, int next) {
    int left = symbols.token(position);
    int right = symbols.token(next);
    if (symbols.length(left) + symbols.length(right) > maxTokenLength) {
      return;
    }
    Pair pair = pairs.getOrCreate(left, right, texts.get(left), texts.get(right));
    pair.count += symbols.weight(position);
    if (!pair.isMerged()) {
      pair.addPosition(position);
      if (!pair.isTouched) {
        pair.isTouched = true;
        touched.add(pair);
      }
    }
  }

  /** The pair of the symbol that begins here and the next, or null. */
  private Pair pairAt(int position) {
    int next = symbols.token(symbols.next(position));
    return next < 0 ? null : pairs.find(symbols.token(position), next);
  }

  private void enqueueTouched() {
    for (Pair pair : touched) {
      pair.isTouched = false;
      if (!pair.isMerged() && pair.count > pair.queuedCount) {
        enqueue(pair);
      }
    }
    touched.clear();
  }

  private void enqueue(Pair pair) {
    if (pair.count >= minimumCount && allowed.test(pair.text)) {
      pair.queuedCount = pair.count;
      queue.add(new QueueEntry(pair.count, pair));
    }
  }

  private int newToken(String text) {
    int token = texts.size();
    texts.add(text);
    symbols.setLength(token, text.codePointCount(0, text.length()));
    return token;
  }
}
