package dev.myelin.tokenizer;

import dev.myelin.error.ModelFileException;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * A trie of the tokens that are found in ordinary text. Control tokens are not, nor user-defined
 * tokens that are written like them: {@link SpecialTokens} has found these already where they are
 * trusted.
 */
final class TokenTrie {
  static final int ROOT = 0;
  static final int NONE = ByteTrie.NONE;

  /** Total length of all tokens, which must fit a {@link ByteTrie}. The largest known is 2.6 MB. */
  private static final int MAX_BYTES = ByteTrie.MAX_NODES / 2;

  private final ByteTrie trie = new ByteTrie();

  /** Per node: the token + 1, negative if it is not found in text; 0 for none. */
  private int[] tokens = new int[256];

  /**
   * @throws ModelFileException if two tokens have the same text
   */
  TokenTrie(Vocabulary vocabulary) {
    ByteStrings texts = vocabulary.texts();
    for (int id = 0; id < texts.size(); id++) {
      int node = add(texts.bytes(), texts.start(id), texts.end(id));
      if (tokens[node] != 0) {
        throw vocabulary.duplicateError(Math.abs(tokens[node]) - 1, id);
      }
      tokens[node] = isFoundInText(vocabulary, id) ? id + 1 : -id - 1;
    }
  }

  /** Checks that the tokens fit. */
  static void requireFits(Path file, TokenTable tokens) {
    ByteStrings texts = tokens.texts();
    long bytes = 0;
    for (int id = 0; id < texts.size(); id++) {
      bytes += texts.end(id) - texts.start(id);
    }
    if (bytes > MAX_BYTES) {
      throw new ModelFileException(
          file,
          "key " + TokenTable.TOKENS_KEY + ": tokens of " + bytes + " bytes",
          "expected at most " + MAX_BYTES + " together");
    }
  }

  private static boolean isFoundInText(Vocabulary vocabulary, int id) {
    int attribute = vocabulary.attribute(id);
    boolean hidden = (attribute & TokenAttribute.HIDDEN) != 0;
    boolean userDefined = (attribute & TokenAttribute.USER_DEFINED) != 0;
    return !hidden && !(userDefined && SpecialTokens.isWrittenAsControl(vocabulary.texts(), id));
  }

  private int add(byte[] text, int from, int to) {
    int node = ROOT;
    for (int i = from; i < to; i++) {
      int child = trie.child(node, text[i]);
      node = child == NONE ? trie.addChild(node, text[i]) : child;
      if (node >= tokens.length) {
        tokens = Arrays.copyOf(tokens, 2 * tokens.length);
      }
    }
    return node;
  }

  /** The child of a node for a byte, or {@link #NONE}. */
  int child(int node, byte b) {
    return trie.child(node, b);
  }

  /** The token that ends at a node, or {@link Vocabulary#NONE}. */
  int token(int node) {
    return Math.max(tokens[node] - 1, Vocabulary.NONE);
  }

  /** The longest token at the start of {@code text[from..to)}, or {@link Vocabulary#NONE}. */
  int findLongest(byte[] text, int from, int to) {
    int longest = Vocabulary.NONE;
    int node = ROOT;
    for (int i = from; i < to; i++) {
      node = child(node, text[i]);
      if (node == NONE) {
        break;
      }
      int token = token(node);
      longest = token == Vocabulary.NONE ? longest : token;
    }
    return longest;
  }
}
