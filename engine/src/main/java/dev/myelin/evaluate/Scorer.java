package dev.myelin.evaluate;

import dev.myelin.error.InvalidRequestException;
import dev.myelin.error.ModelFileException;
import dev.myelin.generate.Session;
import dev.myelin.tokenizer.Tokenizer;
import dev.myelin.tokenizer.Vocabulary;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Scores several continuations of a prompt, for classification.
 *
 * <p>Prompt and continuation are tokenised as one text, because a token may span the boundary. The
 * common prefix of the prompt's tokens and of all these texts is the context, and the tokens after
 * it are scored. Every continuation is therefore scored from the same point, and the context is
 * computed once. Confined to one thread at a time, as its session is.
 */
public final class Scorer {
  private final Session session;
  private final Normalization normalization;
  private final boolean parseSpecial;
  private final Distribution distribution;

  /**
   * @param session keeps the tokens of the last prompt, so that prompts share a common prefix. Its
   *     forks score the continuations together if its runtime has room for them
   * @param normalization by what the continuations are compared
   * @param parseSpecial whether to parse control tokens in the texts
   * @throws InvalidRequestException if the model predicts no next token
   */
  public Scorer(Session session, Normalization normalization, boolean parseSpecial) {
    this.session = session;
    this.normalization = normalization;
    this.parseSpecial = parseSpecial;
    session.model().info().requireGeneration();
    distribution = new Distribution(session.model().info().vocabulary());
  }

  /**
   * Scores continuations.
   *
   * @param continuations two or more, distinct and not empty
   * @throws InvalidRequestException if the continuations are invalid, one does not fit into the
   *     context, or the context has no token
   * @throws ModelFileException if the model computes NaN or infinity
   * @throws dev.myelin.error.CancelledException if the session was cancelled
   */
  public Ranking rank(String prompt, List<String> continuations) {
    check(continuations);
    int[] promptTokens = encode(prompt);
    List<int[]> sequences = new ArrayList<>();
    int contextLength = promptTokens.length;
    for (String continuation : continuations) {
      int[] sequence = encode(prompt + continuation);
      contextLength = Math.min(contextLength, commonPrefix(promptTokens, sequence));
      sequences.add(sequence);
    }
    if (contextLength == 0) {
      throw new InvalidRequestException(
          "the prompt has no token in common with all continuations: expected one or more");
    }
    int[] context = Arrays.copyOf(promptTokens, contextLength);
    double[] first = firstTokenLogProbabilities(context, sequences);
    double[] remaining = new RemainingTokens(this, session, sequences, contextLength).score();
    List<ContinuationScore> scores = new ArrayList<>();
    for (int i = 0; i < first.length; i++) {
      int tokens = sequences.get(i).length - contextLength;
      scores.add(new ContinuationScore(continuations.get(i), tokens, first[i] + remaining[i]));
    }
    return Ranking.of(contextLength, scores, normalization);
  }

  /**
   * @throws InvalidRequestException if these continuations cannot be compared
   */
  public static void check(List<String> continuations) {
    if (continuations.size() < 2) {
      throw new InvalidRequestException(
          "continuations: expected two or more, found " + continuations.size());
    }
    Set<String> seen = new HashSet<>();
    for (String continuation : continuations) {
      if (continuation.isEmpty()) {
        throw new InvalidRequestException("a continuation is empty: expected a text");
      }
      if (!seen.add(continuation)) {
        throw new InvalidRequestException(
            "continuation '" + continuation + "' is given twice: expected each once");
      }
    }
  }

  /** The tokens of a text, without EOS, because the text continues. */
  private int[] encode(String text) {
    Tokenizer tokenizer = session.model().tokenizer();
    int[] tokens = tokenizer.encode(text, true, parseSpecial);
    Vocabulary vocabulary = tokenizer.vocabulary();
    boolean hasEos = vocabulary.addsEos() && tokens.length > 0;
    return hasEos ? Arrays.copyOf(tokens, tokens.length - 1) : tokens;
  }

  private static int commonPrefix(int[] a, int[] b) {
    // at least one token of each continuation is scored
    int limit = Math.min(a.length, b.length - 1);
    int mismatch = Arrays.mismatch(a, 0, limit, b, 0, limit);
    return mismatch < 0 ? limit : mismatch;
  }

  /** The log-probability of each sequence's first token after the context. */
  private double[] firstTokenLogProbabilities(int[] context, List<int[]> sequences) {
    int longest = sequences.stream().mapToInt(w -> w.length).max().orElseThrow();
    if (longest - 1 > session.contextLength()) {
      throw new InvalidRequestException(
          "prompt and continuation have %s tokens: expected at most %s, the context and one"
              .formatted(longest, session.contextLength() + 1));
    }
    readLogits(session.sync(context), 0);
    return sequences.stream().mapToDouble(w -> logProbability(w[context.length])).toArray();
  }

  /** Reads a row of f32 [rows][vocabulary], for {@link #logProbability}. */
  void readLogits(MemorySegment logits, int row) {
    distribution.fromLogits(logits, row);
  }

  double logProbability(int token) {
    double value = distribution.logProbability(token);
    if (!Double.isFinite(value)) {
      throw new ModelFileException(
          session.model().file().path(), "logits are NaN or infinite", "expected finite numbers");
    }
    return value;
  }
}
