package dev.myelin.sampling;

import dev.myelin.error.InvalidRequestException;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Chooses the next token. Holds the recent tokens and the state of the random number generator; not
 * thread-safe. The same options, seed, accepted tokens and logits give the same tokens.
 */
public final class Sampler {
  private final SamplingOptions options;
  private final int vocabulary;
  private final long seed;
  private final Candidates candidates;
  private final TokenHistory history;
  private final List<SamplerStage> leadingStages;
  private final List<SamplerStage> chain;
  private final Xoshiro256 random;

  /**
   * @param vocabularySize number of logits of every call
   */
  public Sampler(SamplingOptions options, int vocabularySize) {
    this(options, vocabularySize, List.of());
  }

  /**
   * @param leadingStages custom stages that run before all others, such as a mask of forbidden
   *     tokens
   * @throws InvalidRequestException if the vocabulary is empty
   */
  public Sampler(SamplingOptions options, int vocabularySize, List<SamplerStage> leadingStages) {
    if (vocabularySize < 1) {
      throw new InvalidRequestException(
          "vocabulary size = " + vocabularySize + ": expected 1 or more");
    }
    this.options = options;
    this.vocabulary = vocabularySize;
    this.seed =
        options.seed() == SamplingOptions.RANDOM_SEED
            ? ThreadLocalRandom.current().nextInt(Integer.MAX_VALUE)
            : options.seed();
    this.candidates = new Candidates(vocabularySize);
    this.history =
        new TokenHistory(vocabularySize, options.hasPenalties() ? options.repeatLastN() : 0);
    this.leadingStages = List.copyOf(leadingStages);
    this.chain = SamplerChain.of(options, history);
    this.random = new Xoshiro256(seed);
  }

  public SamplingOptions options() {
    return options;
  }

  /** The seed in use: the requested one, or the one chosen at random. */
  public long seed() {
    return seed;
  }

  /**
   * Chooses a token. It enters the history only when {@link #accept} is called with it.
   *
   * @param logits float32[vocabulary]; not modified
   * @throws dev.myelin.error.MyelinException if a logit is NaN or +Infinity, or all are -Infinity
   * @throws InvalidRequestException if the number of logits is not the size of the vocabulary
   */
  public int sample(MemorySegment logits) {
    candidates.load(logits);
    for (SamplerStage stage : leadingStages) {
      stage.apply(candidates);
    }
    candidates.requireNonEmpty();
    for (SamplerStage stage : chain) {
      stage.apply(candidates);
    }
    return candidates.id(options.isGreedy() ? candidates.argmax() : draw());
  }

  private int draw() {
    double target = random.nextDouble() * candidates.computeWeights();
    double cumulative = 0;
    int last = 0;
    for (int i = 0; i < candidates.size(); i++) {
      if (candidates.weights[i] > 0) {
        cumulative += candidates.weights[i];
        last = i;
        if (cumulative > target) {
          break;
        }
      }
    }
    return last;
  }

  /**
   * Adds a token of the prompt or of the reply to the history, for the penalties.
   *
   * @throws InvalidRequestException if the vocabulary has no such token
   */
  public void accept(int token) {
    if (token < 0 || token >= vocabulary) {
      throw new InvalidRequestException("token " + token + ": expected 0 to " + (vocabulary - 1));
    }
    history.accept(token);
  }

  /** Clears the history, as before a new reply. The random number generator keeps its state. */
  public void clearHistory() {
    history.clear();
  }

  /** Clears the history and restarts the random number generator from {@link #seed()}. */
  public void reset() {
    history.clear();
    random.reseed(seed);
  }
}
