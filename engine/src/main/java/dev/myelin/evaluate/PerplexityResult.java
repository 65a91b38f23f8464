package dev.myelin.evaluate;

/**
 * The perplexity of the chunks done so far. Immutable and thread-safe.
 *
 * @param chunks number of chunks done
 * @param totalChunks number of chunks of the text
 * @param predictions number of predicted tokens
 * @param loss mean negative log-likelihood per token, in nats
 */
public record PerplexityResult(int chunks, int totalChunks, long predictions, Estimate loss) {
  /** e to the power of the loss. */
  public Estimate perplexity() {
    return loss.exp();
  }

  /** Whether all chunks are done; false after a cancellation. */
  public boolean isComplete() {
    return chunks == totalChunks;
  }
}
