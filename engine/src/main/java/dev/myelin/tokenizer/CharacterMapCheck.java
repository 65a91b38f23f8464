package dev.myelin.tokenizer;

import java.util.Arrays;
import java.util.Optional;

/**
 * Checks a {@link CharacterMap} of an untrusted file, so that matching needs no checks: all states
 * are inside the trie, there are no cycles, and replacements end. A unit has at most one parent,
 * which takes linear time; a state may have several (equal suffixes are shared).
 */
final class CharacterMapCheck {
  /** The longest key of XLM-RoBERTa has 10 bytes, the longest replacement 33. */
  private static final int MAX_LENGTH = 1024;

  private static final int NONE = -1;
  private static final int BLOCK = 256;

  private final CharacterMap map;
  private final int units;
  private final byte[] replacements;

  /** Per state: its first child, and the number of units that lead to it. */
  private final int[] firstChildren;

  private final int[] parents;

  /** Per unit: the next child of the same state. */
  private final int[] siblings;

  CharacterMapCheck(CharacterMap map, int units, byte[] replacements) {
    this.map = map;
    this.units = units;
    this.replacements = replacements;
    firstChildren = new int[(units + BLOCK - 1) / BLOCK * BLOCK];
    parents = new int[firstChildren.length];
    siblings = new int[units];
  }

  /** What was expected, with the value, if the map is malformed. */
  Optional<String> problem() {
    Arrays.fill(firstChildren, NONE);
    for (int unit = 0; unit < units; unit++) {
      int label = map.label(unit);
      if (label > 0) {
        siblings[unit] = firstChildren[unit ^ label];
        firstChildren[unit ^ label] = unit;
      }
    }
    int root = map.rootState();
    if (!isInside(root)) {
      return outside(0, root);
    }
    IntList states = new IntList();
    states.add(root);
    for (int i = 0; i < states.size(); i++) {
      for (int unit = firstChildren[states.get(i)]; unit != NONE; unit = siblings[unit]) {
        int state = map.stateOf(unit);
        if (!isInside(state)) {
          return outside(unit, state);
        }
        if (map.endsKey(unit) && !isReplacement(map.replacementOf(state))) {
          return Optional.of(
              "expected replacements of at most %s bytes that end with 0 within %s bytes, that of unit %s begins at %s"
                  .formatted(MAX_LENGTH, replacements.length, unit, map.replacementOf(state)));
        }
        if (state == root) {
          return cycle();
        }
        if (parents[state]++ == 0) {
          states.add(state);
        }
      }
    }
    return keysTooLong(root, states.size());
  }

  /** Removes states without parents until none is left: a state that stays is on a cycle. */
  private Optional<String> keysTooLong(int root, int reachable) {
    int[] lengths = new int[firstChildren.length];
    IntList states = new IntList();
    states.add(root);
    for (int i = 0; i < states.size(); i++) {
      int parent = states.get(i);
      for (int unit = firstChildren[parent]; unit != NONE; unit = siblings[unit]) {
        int state = map.stateOf(unit);
        lengths[state] = Math.max(lengths[state], lengths[parent] + 1);
        if (lengths[state] > MAX_LENGTH) {
          return Optional.of(
              "expected keys of at most "
                  + MAX_LENGTH
                  + " bytes, that of unit "
                  + unit
                  + " is longer");
        }
        if (--parents[state] == 0) {
          states.add(state);
        }
      }
    }
    return states.size() < reachable ? cycle() : Optional.empty();
  }

  /** Whether all children of a state are inside the trie. */
  private boolean isInside(int state) {
    return (state | BLOCK - 1) < units;
  }

  private boolean isReplacement(int offset) {
    int end = offset;
    while (end < replacements.length && end - offset <= MAX_LENGTH && replacements[end] != 0) {
      end++;
    }
    return end < replacements.length && end - offset <= MAX_LENGTH;
  }

  private Optional<String> outside(int unit, int state) {
    return Optional.of(
        "expected states within %s units, that of unit %s is %s".formatted(units, unit, state));
  }

  private static Optional<String> cycle() {
    return Optional.of("expected a trie, it has a cycle");
  }
}
