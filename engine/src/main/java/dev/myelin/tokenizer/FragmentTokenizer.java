package dev.myelin.tokenizer;

import dev.myelin.error.InvalidRequestException;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/**
 * What every kind of tokenizer does: special tokens are cut out first, the text between them is
 * encoded as its kind demands.
 */
abstract class FragmentTokenizer implements Tokenizer {
  /** A text of more chars could outgrow an array on its way. */
  private static final int LONGEST = 1 << 28;

  private final Vocabulary vocabulary;
  private final boolean prefixesSpace;
  private final boolean cleansSpaces;
  private volatile SpecialTokens named;
  private volatile SpecialTokens userDefined;

  /**
   * @param prefixesSpace whether text begins with a space that is not there
   * @param cleansSpaces see {@link SpaceCleanUp}
   */
  FragmentTokenizer(Vocabulary vocabulary, boolean prefixesSpace, boolean cleansSpaces) {
    this.vocabulary = vocabulary;
    this.prefixesSpace = prefixesSpace;
    this.cleansSpaces = cleansSpaces;
  }

  /** Encodes the fragments of one text, one after the other. */
  interface TextEncoder {
    /**
     * Encodes {@code utf8[from..to)}.
     *
     * @param afterSpecial whether it begins the text or follows a special token
     */
    void encode(byte[] utf8, int from, int to, boolean afterSpecial, IntList ids);
  }

  /** An encoder for one text. */
  abstract TextEncoder encoder();

  /** The bytes of a token of ordinary text. */
  abstract byte[] plain(int token);

  @Override
  public int[] encode(String text, boolean addSpecial, boolean parseSpecial) {
    requireNotTooLong(text.length());
    IntList ids = new IntList();
    begin(addSpecial, ids);
    encode(text, special(parseSpecial), TrustedBytes.ALL, true, ids);
    return ended(addSpecial, ids);
  }

  @Override
  public int[] encode(PromptText text, boolean addSpecial) {
    IntList ids = new IntList();
    begin(addSpecial, ids);
    encode(text, true, ids);
    return ended(addSpecial, ids);
  }

  @Override
  public int[] encodeAfter(int previous, PromptText text) {
    IntList ids = new IntList();
    encode(text, (vocabulary.attribute(previous) & Attribute.SPECIAL) != 0, ids);
    return ids.toArray();
  }

  private static void requireNotTooLong(long length) {
    if (length > LONGEST) {
      throw new InvalidRequestException(
          "a text of " + length + " characters: expected at most " + LONGEST);
    }
  }

  private void begin(boolean addSpecial, IntList ids) {
    if (addSpecial && vocabulary.addsBos()) {
      ids.add(vocabulary.bosId());
    }
  }

  private int[] ended(boolean addSpecial, IntList ids) {
    if (addSpecial && vocabulary.addsEos()) {
      ids.add(vocabulary.eosId());
    }
    return ids.toArray();
  }

  private void encode(PromptText text, boolean afterSpecial, IntList ids) {
    requireNotTooLong(text.length());
    String whole = text.text();
    encode(whole, special(true), TrustedBytes.of(text, whole), afterSpecial, ids);
  }

  private void encode(
      String text, SpecialTokens special, TrustedBytes trusted, boolean afterSpecial, IntList ids) {
    byte[] utf8 = Utf8.bytes(text);
    TextEncoder encoder = encoder();
    boolean after = afterSpecial;
    for (SpecialTokens.Fragment fragment : special.cut(utf8, trusted)) {
      if (fragment.isText()) {
        encoder.encode(utf8, fragment.from(), fragment.to(), after, ids);
      } else {
        ids.add(fragment.token());
      }
      after = !fragment.isText();
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
    return cleansSpaces ? SpaceCleanUp.clean(bytes) : bytes;
  }

  @Override
  public byte[] piece(int token, boolean renderSpecial) {
    int attribute = vocabulary.attribute(token);
    if (!renderSpecial && (attribute & Attribute.HIDDEN) != 0) {
      return new byte[0];
    }
    if ((attribute & Attribute.SPECIAL) != 0) {
      return vocabulary.texts().copy(token);
    }
    if ((attribute & Attribute.NORMAL) != 0) {
      return plain(token);
    }
    if ((attribute & Attribute.BYTE) != 0) {
      return new byte[] {(byte) ByteToken.value(vocabulary.texts(), token)};
    }
    return new byte[0];
  }

  @Override
  public Vocabulary vocabulary() {
    return vocabulary;
  }

  /** The table of special tokens to look for, made when first asked for. */
  private SpecialTokens special(boolean parse) {
    SpecialTokens special = parse ? named : userDefined;
    if (special == null) {
      special =
          parse
              ? new SpecialTokens(vocabulary, Attribute.SPECIAL, 0)
              : new SpecialTokens(vocabulary, Attribute.USER_DEFINED, Attribute.HIDDEN);
      if (parse) {
        named = special;
      } else {
        userDefined = special;
      }
    }
    return special;
  }
}
