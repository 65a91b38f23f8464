package dev.myelin.train.corpus;

import dev.myelin.concurrent.WorkerPool;
import dev.myelin.error.InvalidRequestException;
import dev.myelin.tokenizer.Tokenizer;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.OptionalInt;

/** The token ids of all documents, concatenated. Immutable and thread-safe. */
public final class TokenStream {
  private static final int MAX_TOKENS = Integer.MAX_VALUE - 16;

  private final int[] tokens;

  private TokenStream(int[] tokens) {
    this.tokens = tokens;
  }

  /**
   * The tokens added between documents.
   *
   * @param bos whether to add BOS before each document; if BOS and EOS are the same token, it is
   *     added once between two documents
   * @param eos whether to add EOS after each document
   */
  public record BoundaryTokens(boolean bos, boolean eos) {
    public static final BoundaryTokens BOTH = new BoundaryTokens(true, true);
    public static final BoundaryTokens NONE = new BoundaryTokens(false, false);
  }

  /**
   * Encodes documents. The result does not depend on the number of threads.
   *
   * @param parseSpecial whether control tokens in the text, such as {@code <|im_end|>}, are parsed
   * @throws InvalidRequestException if the vocabulary lacks a token to add, or if there are more
   *     than 2^31 tokens
   */
  public static TokenStream encode(
      List<Document> documents,
      Tokenizer tokenizer,
      BoundaryTokens boundary,
      boolean parseSpecial,
      int threads) {
    int bos = boundaryToken(boundary.bos, "BOS", tokenizer.vocabulary().bos());
    int eos = boundaryToken(boundary.eos, "EOS", tokenizer.vocabulary().eos());
    ChunkEncoder encoder = new ChunkEncoder(tokenizer, parseSpecial);
    List<DocumentChunk> chunks = DocumentChunk.of(documents);
    List<int[]> encoded =
        WorkerPool.map(
            "tokenize", chunks.size(), threads, i -> encoder.encode(chunks.get(i)), n -> {});
    long size = 2L * documents.size();
    for (int[] ids : encoded) {
      size += ids.length;
    }
    if (size > MAX_TOKENS) {
      throw new InvalidRequestException(
          size + " tokens of text: expected at most " + MAX_TOKENS + "; use less text");
    }
    int[] tokens = new int[(int) size];
    int position = 0;
    for (int i = 0; i < encoded.size(); i++) {
      if (bos >= 0 && chunks.get(i).isFirst() && (position == 0 || tokens[position - 1] != bos)) {
        tokens[position++] = bos;
      }
      int[] ids = encoded.set(i, null);
      System.arraycopy(ids, 0, tokens, position, ids.length);
      position += ids.length;
      if (eos >= 0 && chunks.get(i).isLast()) {
        tokens[position++] = eos;
      }
    }
    return new TokenStream(position == tokens.length ? tokens : Arrays.copyOf(tokens, position));
  }

  /** Encodes documents as plain text, without parsing control tokens. */
  public static TokenStream encode(
      List<Document> documents, Tokenizer tokenizer, BoundaryTokens boundary, int threads) {
    return encode(documents, tokenizer, boundary, false, threads);
  }

  /** Number of tokens. */
  public int size() {
    return tokens.length;
  }

  /** All tokens; not a copy, must not be modified. */
  public int[] tokens() {
    return tokens;
  }

  /** A copy of {@code tokens[from..from+length)}. */
  public int[] slice(int from, int length) {
    Objects.checkFromIndexSize(from, length, tokens.length);
    return Arrays.copyOfRange(tokens, from, from + length);
  }

  private static int boundaryToken(boolean required, String name, OptionalInt id) {
    if (!required) {
      return -1;
    }
    return id.orElseThrow(
        () ->
            new InvalidRequestException(
                "no " + name + " token in the vocabulary: expected one to add between documents"));
  }
}
