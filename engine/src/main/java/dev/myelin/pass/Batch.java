package dev.myelin.pass;

/**
 * The tokens of one pass: consecutive positions of one sequence. Immutable, but shares {@code ids}.
 *
 * @param ids token ids, those of this batch from {@code from} on
 * @param from index of the batch's first token in {@code ids}
 * @param count number of tokens
 * @param position position of the first token
 * @param outputs how many of the last tokens have outputs
 */
public record Batch(int[] ids, int from, int count, int position, int outputs) {
  /** The id of the batch's i-th token. */
  public int id(int i) {
    return ids[from + i];
  }

  /** One after the last position. */
  public int end() {
    return position + count;
  }
}
