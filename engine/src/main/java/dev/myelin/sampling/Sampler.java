package dev.myelin.sampling;

import dev.myelin.error.InvalidRequestException;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Chooses the next token. Holds the recent tokens and the random stream, and is used by one thread.
 * The same options, seed, accepted tokens and logits give the same tokens.
 */
public final class Sampler {
  private final SamplingOptions options;
  private final int vocabulary;
  private final long seed;
  private final Candidates candidates;
  private final TokenHistory history;
  private final List<SamplerStage> first;
  private final List<SamplerStage> chain;
  private final RandomStream random;

  /**
   * @param vocabularySize number of logits in every call
   */
  public Sampler(SamplingOptions options, int vocabularySize) {
    this(options, vocabularySize, List.of());
  }

  /**
   * @param first stages of the caller's own, run before all others (a mask of forbidden tokens)
   * @throws InvalidRequestException if the vocabulary is empty
   */
  public Sampler(SamplingOptions options, int vocabularySize, List<SamplerStage> first) {
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
    this.first = List.copyOf(first);
    this.chain = SamplerChain.of(options, history);
    this.random = new RandomStream(seed);
  }

  public SamplingOptions options() {
    return options;
  }

  /** The seed in use: the one asked for, or the one chosen in its place. */
  public long seed() {
    return seed;
  }

  /**
   * Chooses a token. It is not remembered until {@link #accept} is called with it.
   *
   * @param logits float32[vocabulary]; not modified
   * @throws dev.myelin.error.MyelinException if a logit is NaN or +Infinity, or all are -Infinity
   * @throws InvalidRequestException if there are not as many logits as tokens
   */
  public int sample(MemorySegment logits) {
    candidates.load(logits);
    for (SamplerStage stage : first) {
      stage.apply(candidates);
    }
    candidates.requireOne();
    for (SamplerStage stage : chain) {
      stage.apply(candidates);
    }
    return candidates.id(options.isGreedy() ? candidates.best() : draw());
  }

  private int draw() {
    double target = random.nextDouble() * candidates.weigh();
    double reached = 0;
    int last = 0;
    for (int i = 0; i < candidates.size(); i++) {
      if (candidates.weights[i] > 0) {
        reached += candidates.weights[i];
        last = i;
        if (reached > target) {
          break;
        }
      }
    }
    return last;
  }

  /**
   * Remembers a token of the prompt or of the reply, for the penalties.
   *
   * @throws InvalidRequestException if the vocabulary has no such token
   */
  public void accept(int token) {
    if (token < 0 || token >= vocabulary) {
      throw new InvalidRequestException("token " + token + ": expected 0 to " + (vocabulary - 1));
    }
    history.accept(token);
  }

  /** Forgets the tokens, as before a new reply; the random stream goes on. */
  public void forget() {
    history.clear();
  }

  /** Forgets the tokens and restarts the random stream from {@link #seed()}. */
  public void reset() {
    history.clear();
    random.restart(seed);
  }
}
