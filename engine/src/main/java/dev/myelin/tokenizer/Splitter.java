package dev.myelin.tokenizer;

/** One step of a pre-tokenizer: splits the pieces of a text into smaller ones. */
interface Splitter {
  /**
   * Splits each piece of a text.
   *
   * @param ends the end of each piece in code points, ascending; the last is the end of the text
   * @return the end of each smaller piece
   */
  IntList split(SplitText text, IntList ends);
}
