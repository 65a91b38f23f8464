package dev.myelin.tokenizer;

import java.util.List;

/**
 * A pre-tokenizer: splits text into words, within which bytes are merged. Selected by {@code
 * tokenizer.ggml.pre}.
 *
 * @param names values of {@code tokenizer.ggml.pre}
 * @param steps each splits the pieces of the previous one
 * @param traits other properties of models with these names
 */
record PreTokenizer(List<String> names, List<Step> steps, List<Trait> traits) {
  /** Properties that a name implies besides the splitting. */
  enum Trait {
    /** A word that is a token is taken as a whole, even if no merges lead to it. */
    IGNORE_MERGES,

    /** BOS is added unless the file says otherwise. */
    ADD_BOS,

    /** There is no BOS unless the file defines one. */
    NO_BOS,

    /** Decoding removes spaces before punctuation. */
    CLEAN_SPACES,

    /** The file may have no merges. */
    NO_MERGES
  }

  /** A step, compiled on first use. */
  interface Step {
    Splitter compile();
  }

  /** A regular expression; see {@link RegexSplitter}. */
  record Regex(String regex) implements Step {
    @Override
    public Splitter compile() {
      return new RegexSplitter(regex);
    }
  }

  boolean has(Trait trait) {
    return traits.contains(trait);
  }

  /** The compiled steps. */
  Splitter[] splitters() {
    Splitter[] splitters = new Splitter[steps.size()];
    for (int i = 0; i < splitters.length; i++) {
      splitters[i] = steps.get(i).compile();
    }
    return splitters;
  }

  /** The end of each word of a text, in code points. */
  static IntList split(SplitText text, Splitter[] splitters) {
    IntList ends = new IntList();
    ends.add(text.size());
    for (Splitter splitter : splitters) {
      ends = splitter.split(text, ends);
    }
    return ends;
  }
}
