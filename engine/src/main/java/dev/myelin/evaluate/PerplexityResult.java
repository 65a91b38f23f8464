package dev.myelin.evaluate;

/**
 * How well a model predicts a text, or the chunks of it done so far.
 *
 * @param chunks done
 * @param planned how many there are to do
 * @param predictions tokens predicted
 * @param loss mean negative log-likelihood of a token, in nats
 */
public record PerplexityResult(int chunks, int planned, long predictions, Estimate loss) {
  /** e to the power of the loss: as unsure as a fair choice among so many tokens. */
  public Estimate perplexity() {
    return loss.exp();
  }

  /** Whether no chunk is left; false after a cancellation. */
  public boolean isComplete() {
    return chunks == planned;
  }
}
