package dev.myelin.tokenizer;

import java.util.List;

/**
 * How text is cut into words before merges join bytes within each, and what else is known by the
 * name in {@code tokenizer.ggml.pre}.
 *
 * @param names as files write it
 * @param steps each cuts the pieces of the one before
 * @param traits what else holds for these names
 */
record PreTokenizer(List<String> names, List<Step> steps, List<Trait> traits) {
  /** What a name stands for besides how to cut. */
  enum Trait {
    /** A word that is a token is not cut, even where no merges lead to it. */
    IGNORE_MERGES,

    /** BOS goes in front unless the file says otherwise. */
    ADD_BOS,

    /** There is no BOS unless the file names one. */
    NO_BOS,

    /** Decoding drops spaces before punctuation. */
    CLEAN_SPACES,

    /** Each character is a token; the file may leave merges out. */
    NO_MERGES
  }

  /** A step before it is compiled, which waits until a text is to be cut. */
  interface Step {
    Splitter compile();
  }

  /** A step by a pattern; see {@link RegexSplitter}. */
  record Regex(String regex) implements Step {
    @Override
    public Splitter compile() {
      return new RegexSplitter(regex);
    }
  }

  boolean has(Trait trait) {
    return traits.contains(trait);
  }

  /** The steps, ready for use. */
  Splitter[] splitters() {
    Splitter[] splitters = new Splitter[steps.size()];
    for (int i = 0; i < splitters.length; i++) {
      splitters[i] = steps.get(i).compile();
    }
    return splitters;
  }

  /** Where each word of a text ends, counted in code points. */
  static IntList split(SplitText text, Splitter[] splitters) {
    IntList ends = new IntList();
    ends.add(text.size());
    for (Splitter splitter : splitters) {
      ends = splitter.split(text, ends);
    }
    return ends;
  }
}
