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
final class PairTrainer {
  /** A pair in the queue with its count at that time. */
  private record Waiting(long count, Pair pair) {}

  private static final Comparator<Waiting> ORDER =
      Comparator.comparingLong((Waiting w) -> -w.count)
          .thenComparing(w -> w.pair.text)
          .thenComparing(w -> w.pair.left);

  private final Symbols symbols;
  private final List<String> texts;
  private final Map<String, Integer> ids = new HashMap<>();
  private final PairTable pairs;
  private final Predicate<String> allowed;
  private final int minimumCount;
  private final int longest;
  private final PriorityQueue<Waiting> queue = new PriorityQueue<>(ORDER);
  private final List<Pair> touched = new ArrayList<>();
  private final List<Pair> joined = new ArrayList<>();

  /**
   * @param symbols the words
   * @param texts what each token of the alphabet is written as, in the order of ids
   * @param byText whether pairs that give the same text are joined together, as SPM does, or each
   *     for itself, as merges do
   * @param allowed which texts may become tokens
   */
  PairTrainer(
      Symbols symbols,
      List<String> texts,
      boolean byText,
      Predicate<String> allowed,
      int minimumCount,
      int longest) {
    this.symbols = symbols;
    this.texts = new ArrayList<>(texts);
    this.pairs = new PairTable(byText);
    this.allowed = allowed;
    this.minimumCount = minimumCount;
    this.longest = longest;
    for (int id = 0; id < texts.size(); id++) {
      ids.put(texts.get(id), id);
    }
  }

  /** Joins pairs until there are that many tokens, or none left to join; returns them in order. */
  List<Pair> train(int wanted) {
    countAll();
    while (texts.size() < wanted) {
      Pair best = best();
      if (best == null) {
        break;
      }
      if (Thread.currentThread().isInterrupted()) {
        throw new CancelledException("interrupted while training a vocabulary");
      }
      joinAll(best);
    }
    return joined;
  }

  /** What each token is written as: the alphabet, then what was joined, in the order of ids. */
  List<String> texts() {
    return texts;
  }

  private void countAll() {
    for (int place = 1; place < symbols.end(); place++) {
      if (symbols.at(place) >= 0 && symbols.at(place + 1) >= 0) {
        appear(place, place + 1);
      }
    }
    queueTouched();
  }

  private Pair best() {
    while (!queue.isEmpty()) {
      Waiting first = queue.poll();
      Pair pair = first.pair;
      if (pair.isJoined() || first.count != pair.queued) {
        continue; // another entry took its place
      }
      if (first.count == pair.count) {
        return pair;
      }
      pair.queued = 0;
      offer(pair);
    }
    return null;
  }

  private void joinAll(Pair pair) {
    pair.rank = joined.size();
    pair.token = ids.computeIfAbsent(pair.text, this::newToken);
    joined.add(pair);
    for (int place : pair.takePlaces()) {
      // a place is out of date if one of its symbols was joined to another since
      if (symbols.at(place) >= 0 && pairAt(place) == pair) {
        join(place, pair);
        joinOlderAround(place);
      }
    }
    queueTouched();
  }

  /** Joins what was joined earlier and now appeared again, the oldest first, left before right. */
  private void joinOlderAround(int place) {
    int at = place;
    while (true) {
      int before = symbols.previous(at);
      Pair left = symbols.at(before) >= 0 ? pairAt(before) : null;
      Pair right = pairAt(at);
      boolean leftIsOld = left != null && left.isJoined();
      boolean rightIsOld = right != null && right.isJoined();
      if (leftIsOld && (!rightIsOld || left.rank <= right.rank)) {
        at = before;
        join(at, left);
      } else if (rightIsOld) {
        join(at, right);
      } else {
        return;
      }
    }
  }

  private void join(int place, Pair pair) {
    int next = symbols.next(place);
    int before = symbols.previous(place);
    int after = symbols.next(next);
    boolean hasBefore = symbols.at(before) >= 0;
    boolean hasAfter = symbols.at(after) >= 0;
    long weight = symbols.weight(place);
    pair.count -= weight;
    if (hasBefore) {
      vanish(before, place, weight);
    }
    if (hasAfter) {
      vanish(next, after, weight);
    }
    symbols.join(place, pair.token);
    if (hasBefore) {
      appear(before, place);
    }
    if (hasAfter) {
      appear(place, after);
    }
  }

  private void vanish(int place, int next, long weight) {
    Pair pair = pairs.find(symbols.at(place), symbols.at(next));
    if (pair != null) {
      pair.count -= weight;
    }
  }

  private void appear(int place, int next) {
    int left = symbols.at(place);
    int right = symbols.at(next);
    if (symbols.length(left) + symbols.length(right) > longest) {
      return;
    }
    Pair pair = pairs.make(left, right, texts.get(left), texts.get(right));
    pair.count += symbols.weight(place);
    if (!pair.isJoined()) {
      pair.addPlace(place);
      if (!pair.touched) {
        pair.touched = true;
        touched.add(pair);
      }
    }
  }

  /** The pair of the symbol that begins here and the next, or null. */
  private Pair pairAt(int place) {
    int next = symbols.at(symbols.next(place));
    return next < 0 ? null : pairs.find(symbols.at(place), next);
  }

  private void queueTouched() {
    for (Pair pair : touched) {
      pair.touched = false;
      if (!pair.isJoined() && pair.count > pair.queued) {
        offer(pair);
      }
    }
    touched.clear();
  }

  private void offer(Pair pair) {
    if (pair.count >= minimumCount && allowed.test(pair.text)) {
      pair.queued = pair.count;
      queue.add(new Waiting(pair.count, pair));
    }
  }

  private int newToken(String text) {
    int token = texts.size();
    texts.add(text);
    symbols.define(token, text.codePointCount(0, text.length()));
    return token;
  }
}
