package dev.myelin.train.corpus;

import dev.myelin.concurrent.WorkerPool;
import dev.myelin.error.InvalidRequestException;
import dev.myelin.tokenizer.Tokenizer;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.OptionalInt;

/** Documents as one stream of token ids. */
public final class TokenData {
  private static final int MOST = Integer.MAX_VALUE - 16;

  private final int[] tokens;

  private TokenData(int[] tokens) {
    this.tokens = tokens;
  }

  /**
   * What stands between documents.
   *
   * @param bos whether BOS comes before each; where it is the same token as EOS, it is written once
   *     between two documents
   * @param eos whether EOS comes after each
   */
  public record Marks(boolean bos, boolean eos) {
    public static final Marks BOTH = new Marks(true, true);
    public static final Marks NONE = new Marks(false, false);
  }

  /**
   * Encodes documents. The result does not depend on the number of threads.
   *
   * @param parseSpecial whether the text may name control tokens, such as {@code <|im_end|>}
   * @throws InvalidRequestException if a token to write does not exist in the vocabulary, or there
   *     are more than 2^31 tokens
   */
  public static TokenData encode(
      List<Document> documents,
      Tokenizer tokenizer,
      Marks marks,
      boolean parseSpecial,
      int threads) {
    int bos = mark(marks.bos, "BOS", tokenizer.vocabulary().bos());
    int eos = mark(marks.eos, "EOS", tokenizer.vocabulary().eos());
    PassageEncoder encoder = new PassageEncoder(tokenizer, parseSpecial);
    List<Passage> passages = Passage.of(documents);
    List<int[]> parts =
        WorkerPool.map(
            "tokenize", passages.size(), threads, i -> encoder.encode(passages.get(i)), n -> {});
    long size = 2L * documents.size();
    for (int[] part : parts) {
      size += part.length;
    }
    if (size > MOST) {
      throw new InvalidRequestException(
          size + " tokens of text: expected at most " + MOST + "; learn from less text");
    }
    int[] tokens = new int[(int) size];
    int at = 0;
    for (int i = 0; i < parts.size(); i++) {
      if (bos >= 0 && passages.get(i).isFirst() && (at == 0 || tokens[at - 1] != bos)) {
        tokens[at++] = bos;
      }
      int[] part = parts.set(i, null);
      System.arraycopy(part, 0, tokens, at, part.length);
      at += part.length;
      if (eos >= 0 && passages.get(i).isLast()) {
        tokens[at++] = eos;
      }
    }
    return new TokenData(at == tokens.length ? tokens : Arrays.copyOf(tokens, at));
  }

  /** As above of plain text, in which control tokens are not looked for. */
  public static TokenData encode(
      List<Document> documents, Tokenizer tokenizer, Marks marks, int threads) {
    return encode(documents, tokenizer, marks, false, threads);
  }

  /** How many tokens there are. */
  public int size() {
    return tokens.length;
  }

  /** All of them; not copied, and not to be written to. */
  public int[] tokens() {
    return tokens;
  }

  /** A copy of {@code tokens[from..from+length)}. */
  public int[] slice(int from, int length) {
    Objects.checkFromIndexSize(from, length, tokens.length);
    return Arrays.copyOfRange(tokens, from, from + length);
  }

  private static int mark(boolean wanted, String name, OptionalInt id) {
    if (!wanted) {
      return -1;
    }
    return id.orElseThrow(
        () ->
            new InvalidRequestException(
                "no " + name + " in the vocabulary, expected one to mark documents"));
  }
}
