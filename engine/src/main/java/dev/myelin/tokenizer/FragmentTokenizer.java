package dev.myelin.tokenizer;

import dev.myelin.error.InvalidRequestException;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * The common part of all kinds of tokenizers: splits a text into special tokens and fragments of
 * ordinary text. Subclasses encode the fragments.
 */
abstract class FragmentTokenizer implements Tokenizer {
  /** A longer text could overflow an array. */
  private static final int MAX_CHARS = 1 << 28;

  private final Vocabulary vocabulary;
  private final boolean prefixesSpace;
  private final boolean cleanSpaces;
  private volatile @Nullable SpecialTokens allSpecial;
  private volatile @Nullable SpecialTokens onlyUserDefined;

  /**
   * @param prefixesSpace whether a space is added in front of the text
   * @param cleanSpaces see {@link SpaceCleaner}
   */
  FragmentTokenizer(Vocabulary vocabulary, boolean prefixesSpace, boolean cleanSpaces) {
    this.vocabulary = vocabulary;
    this.prefixesSpace = prefixesSpace;
    this.cleanSpaces = cleanSpaces;
  }

  /** Encodes the fragments of one text in order. */
  interface TextEncoder {
    /**
     * Encodes {@code utf8[from..to)}.
     *
     * @param afterSpecial whether the fragment is the first or follows a special token
     */
    void encode(byte[] utf8, int from, int to, boolean afterSpecial, IntList ids);
  }

  /** Creates an encoder for one text. */
  abstract TextEncoder encoder();

  /** The bytes of a normal token. */
  abstract byte[] decodeNormal(int token);

  @Override
  public int[] encode(String text, boolean addSpecial, boolean parseSpecial) {
    checkLength(text.length());
    IntList ids = new IntList();
    addBos(addSpecial, ids);
    encode(text, specialTokens(parseSpecial), TrustedBytes.ALL, true, ids);
    return withEnd(addSpecial, ids);
  }

  @Override
  public int[] encode(PromptText text, boolean addSpecial) {
    IntList ids = new IntList();
    addBos(addSpecial, ids);
    encode(text, true, ids);
    return withEnd(addSpecial, ids);
  }

  @Override
  public int[] encodeAfter(int previous, PromptText text) {
    IntList ids = new IntList();
    encode(text, (vocabulary.attribute(previous) & TokenAttribute.SPECIAL) != 0, ids);
    return ids.toArray();
  }

  private static void checkLength(long length) {
    if (length > MAX_CHARS) {
      throw new InvalidRequestException(
          "a text of " + length + " characters: expected at most " + MAX_CHARS);
    }
  }

  private void addBos(boolean addSpecial, IntList ids) {
    if (addSpecial && vocabulary.addsBos()) {
      ids.add(vocabulary.bosId());
    }
  }

  private int[] withEnd(boolean addSpecial, IntList ids) {
    if (addSpecial && vocabulary.addsEos()) {
      ids.add(vocabulary.eosId());
    }
    if (addSpecial && vocabulary.addsSeparator()) {
      ids.add(vocabulary.separatorId());
    }
    return ids.toArray();
  }

  private void encode(PromptText text, boolean afterSpecial, IntList ids) {
    checkLength(text.length());
    String string = text.text();
    encode(string, specialTokens(true), TrustedBytes.of(text, string), afterSpecial, ids);
  }

  private void encode(
      String text, SpecialTokens special, TrustedBytes trusted, boolean afterSpecial, IntList ids) {
    byte[] utf8 = Utf8.encode(text);
    TextEncoder encoder = encoder();
    boolean followsSpecial = afterSpecial;
    for (SpecialTokens.Fragment fragment : special.partition(utf8, trusted)) {
      if (fragment.isText()) {
        encoder.encode(utf8, fragment.from(), fragment.to(), followsSpecial, ids);
      } else {
        ids.add(fragment.token());
      }
      followsSpecial = !fragment.isText();
    }
  }

  @Override
  public String decode(int[] tokens, boolean renderSpecial) {
    return new String(decodeBytes(tokens, renderSpecial), StandardCharsets.UTF_8);
  }

  byte[] decodeBytes(int[] tokens, boolean renderSpecial) {
    ByteArrayOutputStream out = new ByteArrayOutputStream(tokens.length * 4);
    for (int i = 0; i < tokens.length; i++) {
      byte[] piece = piece(tokens[i], renderSpecial);
      int from = i == 0 && prefixesSpace && piece.length > 0 && piece[0] == ' ' ? 1 : 0;
      out.write(piece, from, piece.length - from);
    }
    byte[] bytes = out.toByteArray();
    return cleanSpaces ? SpaceCleaner.clean(bytes) : bytes;
  }

  @Override
  public byte[] piece(int token, boolean renderSpecial) {
    int attribute = vocabulary.attribute(token);
    if (!renderSpecial && (attribute & TokenAttribute.HIDDEN) != 0) {
      return new byte[0];
    }
    if ((attribute & TokenAttribute.SPECIAL) != 0) {
      return vocabulary.texts().copy(token);
    }
    if ((attribute & TokenAttribute.NORMAL) != 0) {
      return decodeNormal(token);
    }
    if ((attribute & TokenAttribute.BYTE) != 0) {
      return new byte[] {(byte) ByteToken.value(vocabulary.texts(), token)};
    }
    return new byte[0];
  }

  @Override
  public Vocabulary vocabulary() {
    return vocabulary;
  }

  /** The special tokens to search for, created on first use. */
  private SpecialTokens specialTokens(boolean parse) {
    SpecialTokens special = parse ? allSpecial : onlyUserDefined;
    if (special == null) {
      special =
          parse
              ? new SpecialTokens(vocabulary, TokenAttribute.SPECIAL, 0)
              : new SpecialTokens(vocabulary, TokenAttribute.USER_DEFINED, TokenAttribute.HIDDEN);
      if (parse) {
        allSpecial = special;
      } else {
        onlyUserDefined = special;
      }
    }
    return special;
  }
}
