package dev.myelin.tokenizer;

/** One step of a pre-tokenizer: cuts the pieces of a text into smaller ones. */
interface Splitter {
  /**
   * Cuts a text further.
   *
   * @param ends where each piece ends, counted in code points, ascending; the last is the text's
   *     end
   * @return where each smaller piece ends
   */
  IntList split(SplitText text, IntList ends);
}
