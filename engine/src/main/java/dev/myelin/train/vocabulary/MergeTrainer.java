package dev.myelin.train.vocabulary;

import dev.myelin.error.CancelledException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Trains byte-pair encoding (Gage 1994, Sennrich et al. 2016): repeatedly merges the most frequent
 * pair of adjacent symbols into a token. Ties are broken by the text of the pair, in UTF-16 order,
 * then by the text of the left symbol.
 *
 * <p>Words are always merged exactly as a tokenizer with the current tokens merges them: if a merge
 * creates a pair that was merged earlier, that pair is merged at once. Only the pairs next to a
 * merge are recounted.
 */
final class MergeTrainer {
  /** A pair in the queue, with its count when it was added. */
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
   * @param texts of the tokens of the alphabet, by id
   * @param byText whether pairs with the same text are merged together, as by SPM, or separately,
   *     as by BPE merges
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

  /** Merges until there are {@code size} tokens or no pair is left. Returns the merges in order. */
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

  /** The texts of all tokens by id: the alphabet, then the merged tokens. */
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

  private @Nullable Pair pollBest() {
    while (!queue.isEmpty()) {
      QueueEntry first = queue.poll();
      Pair pair = first.pair;
      if (pair.isMerged() || first.count != pair.queuedCount) {
        continue; // stale: another entry replaced it
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
      // a position is stale if one of its symbols was merged since
      if (symbols.token(position) >= 0 && pairAt(position) == pair) {
        merge(position, pair);
        applyEarlierMerges(position);
      }
    }
    enqueueTouched();
  }

  /**
   * Applies earlier merges to the pairs next to a merge: the lowest rank first, left before right.
   */
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

  /** The pair of the symbol at a position and the next symbol, or null. */
  private @Nullable Pair pairAt(int position) {
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
