package dev.myelin.evaluate;

import dev.myelin.error.InvalidRequestException;
import dev.myelin.error.ModelFileException;
import dev.myelin.generate.Session;
import dev.myelin.tokenizer.Tokenizer;
import dev.myelin.tokenizer.Vocabulary;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * How likely each of several continuations of a prompt is, so that a model classifies.
 *
 * <p>Prompt and continuation are tokenised as one text, since a token may span the boundary. The
 * tokens that the prompt and all these texts begin with are the context; what follows them is
 * scored. So every continuation is scored from the same point, and the context is computed once.
 */
public final class Scorer {
  private final Session session;
  private final Normalization by;
  private final boolean parseSpecial;
  private final Distribution distribution;

  /**
   * @param session keeps the last prompt's tokens, so that prompts which begin alike share them
   * @param by what the continuations are compared by
   * @param parseSpecial whether texts may name control tokens
   */
  public Scorer(Session session, Normalization by, boolean parseSpecial) {
    this.session = session;
    this.by = by;
    this.parseSpecial = parseSpecial;
    distribution = new Distribution(session.model().hyperparameters().vocabulary());
  }

  /**
   * Scores continuations.
   *
   * @param continuations two or more, each another text, none empty
   * @throws InvalidRequestException if they are not, one does not fit into the context, or the
   *     prompt has no token
   * @throws ModelFileException if the model computes NaN or infinity
   * @throws dev.myelin.error.CancelledException if the session was cancelled
   */
  public Ranking rank(String prompt, List<String> continuations) {
    check(continuations);
    int[] context = encode(prompt);
    List<int[]> wholes = new ArrayList<>();
    int common = context.length;
    for (String continuation : continuations) {
      int[] whole = encode(prompt + continuation);
      common = Math.min(common, prefix(context, whole));
      wholes.add(whole);
    }
    if (common == 0) {
      throw new InvalidRequestException(
          "the prompt has no token that all continuations go on from: expected one or more");
    }
    double[] first = firstTokens(Arrays.copyOf(context, common), wholes);
    List<ContinuationScore> scores = new ArrayList<>();
    for (int i = 0; i < wholes.size(); i++) {
      int[] rest = Arrays.copyOfRange(wholes.get(i), common, wholes.get(i).length);
      double sum = first[i] + afterFirst(rest, common);
      scores.add(new ContinuationScore(continuations.get(i), rest.length, sum));
    }
    session.truncate(common);
    return Ranking.of(common, scores, by);
  }

  /**
   * @throws InvalidRequestException unless these are continuations that can be compared
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

  /** A text's tokens, without the one that may end it: the text goes on. */
  private int[] encode(String text) {
    Tokenizer tokenizer = session.model().tokenizer();
    int[] tokens = tokenizer.encode(text, true, parseSpecial);
    Vocabulary vocabulary = tokenizer.vocabulary();
    boolean ended = vocabulary.addsEos() && tokens.length > 0;
    return ended ? Arrays.copyOf(tokens, tokens.length - 1) : tokens;
  }

  private static int prefix(int[] a, int[] b) {
    // a continuation that vanishes into the prompt's last token still has one token of its own
    int most = Math.min(a.length, b.length - 1);
    int mismatch = Arrays.mismatch(a, 0, most, b, 0, most);
    return mismatch < 0 ? most : mismatch;
  }

  /** The log-probability of each text's first token after the context. */
  private double[] firstTokens(int[] context, List<int[]> wholes) {
    int longest = wholes.stream().mapToInt(w -> w.length).max().orElseThrow();
    if (longest - 1 > session.contextLength()) {
      throw new InvalidRequestException(
          "prompt and continuation have %s tokens: expected at most %s, the context and one"
              .formatted(longest, session.contextLength() + 1));
    }
    distribution.fromLogits(session.sync(context), 0);
    return wholes.stream().mapToDouble(w -> logProbability(w[context.length])).toArray();
  }

  private double afterFirst(int[] tokens, int context) {
    if (tokens.length == 1) {
      return 0;
    }
    double[] sum = {0};
    session.truncate(context);
    session.feedAll(
        Arrays.copyOf(tokens, tokens.length - 1),
        (position, logits) -> {
          distribution.fromLogits(logits, 0);
          sum[0] += logProbability(tokens[position - context + 1]);
        });
    return sum[0];
  }

  private double logProbability(int token) {
    double value = distribution.logProbability(token);
    if (!Double.isFinite(value)) {
      throw new ModelFileException(
          session.model().file().path(), "logits are NaN or infinite", "expected finite numbers");
    }
    return value;
  }
}
